/** The locale of the words, and so of the dates between them. */
export const locale = "en-GB";
