// Where a reader may go: the article's page here, and the publisher's page at the words quoted.

const MOST_CITED = 20;
const EDGE_WORDS = 5;

// The address when a reader may follow it (http and https only), else null.
function webAddress(value) {
  try {
    const url = new URL(value);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

// The article's page with the quote marked, and the answer's other quotes in `cited` to step through.
function articleAddress(endpoint, citation, answer) {
  const isPage = (link) => typeof link === "string" && link.startsWith("/articles/");
  if (!isPage(citation.link)) return null;
  const links = answer.citations.map((one) => one.link).filter(isPage).slice(0, MOST_CITED);
  const cited = links.map((link) => `&cited=${encodeURIComponent(link)}`).join("");
  return webAddress(`${endpoint}${citation.link}${citation.link.includes("?") ? "" : "?"}${cited}#quote`);
}

// The publisher's page, scrolled to the quote by browsers that know text fragments.
function originalAddress(citation) {
  const address = webAddress(citation.article.url);
  if (!address || address.includes(":~:")) return address;
  const fragment = textFragment(citation.quote, citation.article.language);
  return fragment ? `${address}${address.includes("#") ? "" : "#"}:~:text=${fragment}` : address;
}

// `start,end` of a long quote or one over several paragraphs, else the quote: a page may differ in the middle.
function textFragment(quote, language) {
  const lines = quote.split(/\n+/).map((line) => line.replace(/\s+/g, " ").trim()).filter(Boolean);
  if (!lines.length) return "";
  const first = wordPlaces(lines[0], language);
  const last = wordPlaces(lines.at(-1), language);
  if (lines.length === 1 && first.length <= 2 * EDGE_WORDS) return fragmentText(lines[0]);
  const start = lines[0].slice(0, first[EDGE_WORDS - 1]?.end);
  const end = lines.at(-1).slice(last.at(-EDGE_WORDS)?.start);
  return `${fragmentText(start)},${fragmentText(end)}`;
}

// `-` and `,` mean something in a text fragment, `&` ends it; encodeURIComponent leaves only `-`.
function fragmentText(text) {
  return encodeURIComponent(text.toWellFormed?.() ?? text).replaceAll("-", "%2D");
}

// Fragments match whole words only, which Chinese does not part by spaces.
function wordPlaces(text, language) {
  if (!Intl.Segmenter) return [...text.matchAll(/\S+/g)].map((word) => ({ start: word.index, end: word.index + word[0].length }));
  const segments = new Intl.Segmenter(languageTag(language) ?? undefined, { granularity: "word" }).segment(text);
  return Array.from(segments)
    .filter((segment) => segment.isWordLike)
    .map((segment) => ({ start: segment.index, end: segment.index + segment.segment.length }));
}
