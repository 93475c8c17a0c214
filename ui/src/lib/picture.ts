/** Runs `work` when the picture that is being made has been shown: what it lacks so far must not delay it. */
export function afterPicture(work: () => void): void {
  requestAnimationFrame(() => setTimeout(work));
}
