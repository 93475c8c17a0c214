/** Pictures of a QR code, as a person hands them over. */
import { t } from "./texts";

/** Larger files are no pictures of a code; the backend has its own bound. */
const MOST = 32 * 1024 * 1024;

/** The picture in what was pasted; the paste is over then. */
export function pastedPicture(event: ClipboardEvent): File | undefined {
  const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
  if (file) event.preventDefault();
  return file;
}

/** The picture's file as the backend takes it; one that is too large is refused with a sentence. */
export async function bytesOf(picture: File): Promise<Uint8Array> {
  if (picture.size > MOST) throw { sentence: t("scan-too-large") };
  return new Uint8Array(await picture.arrayBuffer());
}
