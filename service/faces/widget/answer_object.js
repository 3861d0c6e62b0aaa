// JSON of the service in, an answer object that the views can rely on out; keys that are not known stay as they are.

function readAnswer(value) {
  if (typeof value?.answered !== "boolean" || typeof value.answer !== "string") return null;
  const list = (items, holds) => (Array.isArray(items) ? items.filter(holds) : []);
  return {
    ...value,
    statements: list(value.statements, (one) => typeof one?.text === "string").map((one) => ({ ...one, citations: list(one.citations, Number.isInteger) })),
    citations: list(value.citations, isCitation),
    passages: list(value.passages, (one) => typeof one?.text === "string"),
    refusal: value.answered ? null : { ...value.refusal, nearest: list(value.refusal?.nearest, isCitation) },
  };
}

function isCitation(value) {
  return Number.isInteger(value?.number) && typeof value.quote === "string" && typeof value.article === "object" && value.article !== null;
}

// The answer's wording, cut at the marks of its citations: strings, and citations.
function piecesOf(answer) {
  const byNumber = new Map(answer.citations.map((citation) => [citation.number, citation]));
  const pieces = [];
  let place = 0;
  for (const mark of answer.answer.matchAll(/ ?\[(\d{1,3})\]/g)) {
    const citation = byNumber.get(Number(mark[1]));
    if (!citation) continue;
    pieces.push(answer.answer.slice(place, mark.index), citation);
    place = mark.index + mark[0].length;
  }
  pieces.push(answer.answer.slice(place));
  return pieces.filter(Boolean);
}

// What a screen reader says at once.
function spokenAnswer(answer) {
  return piecesOf(answer).filter((piece) => typeof piece === "string").join("");
}
