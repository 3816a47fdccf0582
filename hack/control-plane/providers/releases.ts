// Where the official release of a tool is and what vouches for it. Each project publishes SHA-256 sums in its own way:
// Kubernetes and Helm one file per program, etcd and Prometheus one list per release, kwok none of its own, but
// GitHub's API tells the digest that GitHub computed at upload.
import { TOOLS, versionOf, type Tool } from '../versions.ts';

export interface Release {
  readonly url: string;
  readonly checksumUrl: string;
  /** The hexadecimal SHA-256 of what is at `url`, out of the text at `checksumUrl`; undefined where that has none. */
  readonly checksumIn: (text: string) => string | undefined;
  /** Where `url` is a .tar.gz: the program's path in it. */
  readonly member?: string;
}

/** The sites that are asked; tests put a server of their own here. */
export interface ReleaseSites {
  /** Default `https://dl.k8s.io`. */
  readonly kubernetes?: string;
  /** Default `https://github.com`. */
  readonly github?: string;
  /** Default `https://api.github.com`. */
  readonly githubApi?: string;
  /** Default `https://get.helm.sh`. */
  readonly helm?: string;
}

export interface Platform {
  /** As Go names it: `linux`, `darwin`. */
  readonly os: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly arch: string;
}

/** This machine. */
export function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch === 'x64' ? 'amd64' : process.arch };
}

/** The official release of a tool, or undefined where its project publishes none (in a form we can read). */
export function releaseOfficial(tool: Tool, platform: Platform, sites: ReleaseSites = {}): Release | undefined {
  switch (TOOLS[tool].project) {
    case 'kubernetes':
      // Servers are released for Linux alone.
      return platform.os === 'linux' || tool === 'kubectl' ? kubernetes(tool, platform, sites) : undefined;
    case 'etcd':
      // Elsewhere it is a .zip.
      return platform.os === 'linux' ? etcd(platform, sites) : undefined;
    case 'kwok':
      return kwok(platform, sites);
    case 'helm':
      return helm(platform, sites);
    case 'prometheus':
      return prometheus(platform, sites);
  }
}

function kubernetes(
  tool: Tool,
  { os, arch }: Platform,
  { kubernetes: site = 'https://dl.k8s.io' }: ReleaseSites,
): Release {
  const url = `${site}/release/${versionOf(tool)}/bin/${os}/${arch}/${tool}`;
  return { url, checksumUrl: `${url}.sha256`, checksumIn: (text) => sha256(text.trim()) };
}

function etcd({ os, arch }: Platform, { github = 'https://github.com' }: ReleaseSites): Release {
  const folder = `etcd-${versionOf('etcd')}-${os}-${arch}`;
  const site = `${github}/etcd-io/etcd/releases/download/${versionOf('etcd')}`;
  const lineOf = (text: string): string | undefined =>
    text.split('\n').find((line) => line.trimEnd().endsWith(` ${folder}.tar.gz`));
  return {
    url: `${site}/${folder}.tar.gz`,
    checksumUrl: `${site}/SHA256SUMS`,
    checksumIn: (text) => sha256(lineOf(text)?.split(' ')[0]),
    member: `${folder}/etcd`,
  };
}

function kwok(
  { os, arch }: Platform,
  { github = 'https://github.com', githubApi = 'https://api.github.com' }: ReleaseSites,
): Release {
  const file = `kwok-${os}-${arch}`;
  const version = versionOf('kwok');
  return {
    url: `${github}/kubernetes-sigs/kwok/releases/download/${version}/${file}`,
    checksumUrl: `${githubApi}/repos/kubernetes-sigs/kwok/releases/tags/${version}`,
    checksumIn(text) {
      const release: { assets?: readonly { name?: string; digest?: string | null }[] } = JSON.parse(text);
      return sha256(release.assets?.find(({ name }) => name === file)?.digest?.replace(/^sha256:/, ''));
    },
  };
}

function helm({ os, arch }: Platform, { helm: site = 'https://get.helm.sh' }: ReleaseSites): Release {
  const url = `${site}/helm-${versionOf('helm')}-${os}-${arch}.tar.gz`;
  return {
    url,
    checksumUrl: `${url}.sha256sum`,
    checksumIn: (text) => sha256(text.trim().split(' ')[0]),
    member: `${os}-${arch}/helm`,
  };
}

function prometheus({ os, arch }: Platform, { github = 'https://github.com' }: ReleaseSites): Release {
  const folder = `prometheus-${versionOf('promtool').slice(1)}.${os}-${arch}`;
  const site = `${github}/prometheus/prometheus/releases/download/${versionOf('promtool')}`;
  const lineOf = (text: string): string | undefined =>
    text.split('\n').find((line) => line.trimEnd().endsWith(` ${folder}.tar.gz`));
  return {
    url: `${site}/${folder}.tar.gz`,
    checksumUrl: `${site}/sha256sums.txt`,
    checksumIn: (text) => sha256(lineOf(text)?.split(' ')[0]),
    member: `${folder}/promtool`,
  };
}

function sha256(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? text : undefined;
}
