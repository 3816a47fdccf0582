// What the simulated storage is started with, and what it says when it has.
import type { ApiAddress } from '../api-client.ts';
import type { AttachDelays } from './attach.ts';

export interface StorageSettings extends ApiAddress, AttachDelays {}

/** The first line of its log once it acts. */
export const STORAGE_READY = 'storage: ready';
