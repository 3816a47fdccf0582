// `make image`: builds the operator's image and puts its SBOM beside it.
// Usage: node hack/image.ts IMAGE
//
// Exit code 0, or 1 with one line that says what to do. Prints the output of `docker build` as it comes.

import { requireDocker } from './docker/docker.ts';
import { buildImage, defaultImage } from './image/build.ts';

try {
  await requireDocker();
  const { image, size, sbomPath } = await buildImage(process.argv[2] ?? defaultImage());
  console.log(`${image}: ${(size / 1e6).toFixed(0)} MB; SBOM (CycloneDX): ${sbomPath}, and /app/sbom.cdx.json in it`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
