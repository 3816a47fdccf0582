// The image that the demo changes a fleet to. The kubelet is simulated, so that any name runs.

/** The same image with the last number of its tag raised by one: `geth:v1.15.0` → `geth:v1.15.1`. */
export function nextImage(image: string): string {
  const [repository, tag] = splitTag(image);
  if (tag === undefined) return `${repository}:next`;
  const raised = tag.replace(/\d+(?=\D*$)/, (number) => String(Number(number) + 1));
  return `${repository}:${raised === tag ? `${tag}-next` : raised}`;
}

/** A colon before the last slash belongs to a registry's port; a digest goes with the tag that it fixes. */
function splitTag(image: string): readonly [string, string?] {
  const [named = ''] = image.split('@');
  const colon = named.lastIndexOf(':');
  return colon > named.lastIndexOf('/') ? [named.slice(0, colon), named.slice(colon + 1)] : [named];
}
