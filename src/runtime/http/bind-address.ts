// Where a server listens, as Go programs write it: `:8080`, `127.0.0.1:0`, `[::1]:8080`, or `0` for nowhere.

export interface BindAddress {
  /** A name or an IP address without brackets; empty: every address of the machine. */
  readonly host: string;
  /** 0: any port that is free. */
  readonly port: number;
}

/** `off` for `0`, as controller-runtime v0.25 does; undefined for what is no address. */
export function parseBindAddress(text: string): BindAddress | 'off' | undefined {
  if (text === '0') return 'off';
  const parts = /^(?:\[([\da-fA-F:.]+(?:%\w+)?)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  if (parts === null) return undefined;
  const [, v6, name, port] = parts;
  return Number(port) > 65_535 ? undefined : { host: v6 ?? name ?? '', port: Number(port) };
}

/** The inverse of `parseBindAddress`. */
export function formatBindAddress({ host, port }: BindAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
