// A program that starts a control plane, prints its folder and process ids, and waits; its test ends it.
import { startControlPlane } from '../../hack/control-plane/control-plane.ts';

const { dir, pid } = await startControlPlane({ with: ['controller-manager', 'scheduler', 'kwok', 'storage'] });
const components = ['etcd', 'apiserver', 'controller-manager', 'scheduler', 'kwok', 'storage'] as const;
process.stdout.write(`${JSON.stringify({ dir, pids: components.map(pid) })}\n`);
