// Commands for the user to run, as they have to be typed. Pure.

/** The flags that choose a cluster and a namespace. */
export interface Target {
  readonly namespace: string;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** `kubectl ARGS` with the flags that reach the target; `--namespace` only where a namespaced object is meant. */
export interface Kubectl {
  (args: string): string;
  readonly clusterWide: (args: string) => string;
}

export function kubectlWith({ namespace, context, kubeconfig }: Target): Kubectl {
  const cluster = [
    ...(context === undefined ? [] : [`--context=${quoted(context)}`]),
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${quoted(kubeconfig)}`]),
  ];
  const clusterWide = (args: string): string => ['kubectl', args, ...cluster].join(' ');
  return Object.assign((args: string) => clusterWide(`${args} -n ${namespace}`), { clusterWide });
}

/** For a shell: as it is where nothing in it is special, else in single quotes. */
function quoted(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
