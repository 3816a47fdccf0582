// From a kubeconfig or a pod's service account to a Transport. The only file that loads @kubernetes/client-node.
//
// Guarantees: resolves only after the API server has answered with these credentials; each error is one line that names
// the file, what is wrong and what to do. Tokens from files and exec plugins are read again every 30 s and after a 401.
// Not supported: proxy-url, group impersonation, and exec plugins that rotate client certificates (read once).
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';

import { KubeConfig, type Cluster } from '@kubernetes/client-node';
import { load } from 'js-yaml';

import { systemClock } from '../clock.ts';
import { describeCause } from './api-error.ts';
import { keepCredentials } from './credentials.ts';
import { probe } from './connection-probe.ts';
import { findKubeconfig, type Environment, type KubeconfigSource } from './kubeconfig-source.ts';
import type { TlsOptions } from './tls-connector.ts';
import type { Transport } from './transport.ts';
import { createUndiciTransport } from './undici-transport.ts';

export interface ConnectOptions {
  readonly environment: Environment;
  readonly userAgent: string;
  /** Path of a kubeconfig; default: see `findKubeconfig`. */
  readonly kubeconfig?: string;
  /** Name of a context; default: the current one. */
  readonly context?: string;
}

export interface KubeConnection {
  readonly transport: Transport;
  /** The API server's URL. */
  readonly server: string;
  readonly contextName: string;
  /** The context's namespace; `default` if it names none. */
  readonly namespace: string;
}

/** @throws Error with one line for a person, when there is no usable configuration or the server does not answer. */
export async function connect(options: ConnectOptions): Promise<KubeConnection> {
  const source = findKubeconfig(options.kubeconfig, options.environment);
  const origin = source.type === 'files' ? source.files.join(', ') : "the pod's service account";
  let config = loadConfig(source, options.context);
  const selection = select(config, origin);
  const { tls, headers } = await readSettings(config, origin);
  const authorization = keepCredentials(async (trustCaches) => {
    // client-node caches tokens per KubeConfig: a new one has read nothing yet.
    if (!trustCaches) config = loadConfig(source, options.context);
    return (await readSettings(config, origin)).authorization;
  }, systemClock);
  const { server } = selection;
  const transport = createUndiciTransport({ server, userAgent: options.userAgent, tls, headers, authorization });
  try {
    await probe(transport, server, origin);
  } catch (error) {
    await transport.close();
    throw error;
  }
  return { transport, ...selection };
}

function loadConfig(source: KubeconfigSource, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (source.type === 'in-cluster') config.loadFromCluster();
  else for (const file of source.files) mergeFirstWins(config, loadFile(file));
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

/** As kubectl: of two entries with one name the first counts. (client-node's own merge refuses the second.) */
function mergeFirstWins(config: KubeConfig, next: KubeConfig): void {
  const added = <E extends { readonly name: string }>(have: E[], more: E[]): E[] => [
    ...have,
    ...more.filter((entry) => !have.some(({ name }) => name === entry.name)),
  ];
  config.clusters = added(config.clusters, next.clusters);
  config.users = added(config.users, next.users);
  config.contexts = added(config.contexts, next.contexts);
  config.currentContext ||= next.currentContext;
}

function loadFile(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    useTokenFiles(config, file);
  } catch (cause) {
    throw new Error(`kubeconfig: cannot read ${file}: ${firstLine(cause)}`, { cause });
  }
  return config;
}

interface RawUsers {
  readonly users: readonly { readonly name?: string; readonly user?: { readonly tokenFile?: string } }[];
}

/** As far as that: whatever else is wrong in it, client-node has refused before. */
function hasUsers(file: unknown): file is RawUsers {
  return typeof file === 'object' && file !== null && 'users' in file && Array.isArray(file.users);
}

/** `users[].user.tokenFile`, which client-node 2.0.1 does not know; its reader of token files does. */
function useTokenFiles(config: KubeConfig, file: string): void {
  const raw = load(readFileSync(file, 'utf8'));
  const users = hasUsers(raw) ? raw.users : [];
  const tokenFiles = new Map(users.map(({ name, user }) => [name, user?.tokenFile]));
  config.users = config.users.map((user) => {
    const tokenFile = tokenFiles.get(user.name);
    return tokenFile ? { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } } : user;
  });
}

/** The context's parts, all there. */
function select(config: KubeConfig, origin: string): Omit<KubeConnection, 'transport'> {
  const contextName = config.getCurrentContext();
  const names = config.getContexts().map(({ name }) => name);
  const choice = names.length === 0 ? 'it has no contexts' : `choose one with --context: ${names.join(', ')}`;
  if (!contextName) throw new Error(`kubeconfig: ${origin} has no current context; ${choice}`);
  const context = config.getContextObject(contextName);
  if (context === null) throw new Error(`kubeconfig: ${origin} has no context ${contextName}; ${choice}`);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error(`kubeconfig: context ${contextName} names cluster ${context.cluster}, which ${origin} lacks`);
  }
  if (config.getCurrentUser() === null) {
    throw new Error(`kubeconfig: context ${contextName} names user ${context.user}, which ${origin} lacks`);
  }
  assertSupported(cluster, origin);
  return { contextName, server: cluster.server, namespace: context.namespace?.trim() || 'default' };
}

function assertSupported({ name, server, proxyUrl, skipTLSVerify }: Cluster, origin: string): void {
  if (proxyUrl) {
    const remedy = 'connect directly, through a tunnel for example, and remove it';
    throw new Error(`kubeconfig: cluster ${name} in ${origin}: proxy-url ${proxyUrl} is not supported; ${remedy}`);
  }
  if (server.startsWith('http:') && !skipTLSVerify) {
    const remedy = 'use https, or set insecure-skip-tls-verify: true to accept that';
    throw new Error(
      `kubeconfig: cluster ${name} in ${origin}: ${server} would take credentials in the clear; ${remedy}`,
    );
  }
}

interface Settings {
  readonly tls: TlsOptions;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

/** What client-node's public API says about the connection: TLS, and what authenticates it now. */
async function readSettings(config: KubeConfig, origin: string): Promise<Settings> {
  const applied: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(applied);
  } catch (cause) {
    throw new Error(`kubeconfig: ${blame(config, origin, cause)}: ${firstLine(cause)}`, { cause });
  }
  const { ca, cert, key, servername, auth, rejectUnauthorized } = applied;
  const { Authorization: token, ...headers } = stringHeaders(applied.headers);
  return {
    tls: { ca, cert, key, servername, insecureSkipVerify: rejectUnauthorized === false },
    headers,
    // A token read from a file ends in a newline.
    authorization: auth ? `Basic ${Buffer.from(auth).toString('base64')}` : token?.trim(),
  };
}

function blame(config: KubeConfig, origin: string, cause: unknown): string {
  const user = config.getCurrentUser();
  const command: unknown = user?.exec?.command;
  const isFile = cause instanceof Error && 'syscall' in cause && cause.syscall === 'open';
  if (isFile || typeof command !== 'string') return `${origin} names a file that cannot be used`;
  return `no credentials from the exec plugin ${command} of user ${user?.name} in ${origin}; does it run by itself`;
}

function stringHeaders(headers: RequestOptions['headers'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function firstLine(cause: unknown): string {
  return describeCause(cause).trim().split('\n', 1)[0] ?? '';
}
