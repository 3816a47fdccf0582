// What the simulated storage is started with.
import type { ApiAddress } from '../api-client.ts';
import type { AttachDelays } from './attach.ts';

export interface StorageSettings extends ApiAddress, AttachDelays {
  /** The file that it creates once it acts. */
  readonly readyPath: string;
}
