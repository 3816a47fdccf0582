// The one place of pins: which programs the control plane runs, and which the tests use on it, at which version, and
// what `go build` calls them. go.mod, kwok/go.mod, helm/go.mod and prometheus/go.mod require the same versions
// (versions.test.ts compares them).

export type Project = 'kubernetes' | 'etcd' | 'kwok' | 'helm' | 'prometheus';

export const VERSIONS: Readonly<Record<Project, string>> = {
  kubernetes: 'v1.36.3',
  etcd: 'v3.6.8',
  kwok: 'v0.8.0',
  helm: 'v4.3.1',
  prometheus: 'v3.15.0',
};

/** The oldest Go that the pinned modules can be built with, as `major.minor`. */
export const GO_VERSION = '1.26';

export type Tool =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kwok'
  | 'helm'
  | 'promtool';

export interface ToolPin {
  readonly project: Project;
  /** The Go package of the program. */
  readonly goPackage: string;
  /** The folder, below this one, of the Go module that pins it. */
  readonly goModule: string;
  /** Build tags. */
  readonly goTags?: string;
}

export const TOOLS: Readonly<Record<Tool, ToolPin>> = {
  etcd: { project: 'etcd', goPackage: 'go.etcd.io/etcd/server/v3', goModule: '.' },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubectl: kubernetes('kubectl'),
  kwok: { project: 'kwok', goPackage: 'sigs.k8s.io/kwok/cmd/kwok', goModule: 'kwok' },
  helm: { project: 'helm', goPackage: 'helm.sh/helm/v4/cmd/helm', goModule: 'helm' },
  promtool: {
    project: 'prometheus',
    goPackage: 'github.com/prometheus/prometheus/cmd/promtool',
    goModule: 'prometheus',
    // Without the clients of twenty clouds, which would take most of the build.
    goTags: 'remove_all_sd',
  },
};

/** The pinned version of a tool, for example `v1.36.3`. */
export function versionOf(tool: Tool): string {
  return VERSIONS[TOOLS[tool].project];
}

/** `kubernetes-v1.36.3`: names a project at its pinned version. */
export function releaseOf(tool: Tool): string {
  return `${TOOLS[tool].project}-${versionOf(tool)}`;
}

function kubernetes(program: string): ToolPin {
  return { project: 'kubernetes', goPackage: `k8s.io/kubernetes/cmd/${program}`, goModule: '.' };
}
