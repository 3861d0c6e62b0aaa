"""The samples and the evaluation sets in; articles with difficult letters among them, and questions on all, out."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.ask_own import sample_files
from evaluation.evaluation_sets import EvaluationSets, load_sets
from evaluation.own_questions import load_gate_questions, load_seed_questions, seed_text
from service.faces.pages import load_suggestions

# Beyond the first plane of Unicode, joined and coloured: a browser counts each as up to seven units, we as code points.
EMOJI = ("📰", "👩🏽‍🚀", "👨‍👩‍👧‍👦", "🇫🇷", "𠮷", "🪁")
QUESTIONS_A_SET = 80
# The samples alone are Arabic and Chinese, so more is asked about them than the other files of questions do.
MORE = (
    "كم طفلًا شملت دراسة الملاريا؟",
    "في كم قرية أُجريت دراسة الملاريا؟",
    "من هي وزيرة الصحة؟",
    "متى يبدأ توزيع الناموسيات؟",
    "كم يبلغ سعر الناموسية الواحدة؟",
    "بأي نسبة انخفضت حالات الملاريا لدى الأطفال؟",
    "من هو الطبيب من مستشفى قصر الندى؟",
    "كم تبلغ قدرة محطة وادي الندى للطاقة الشمسية؟",
    "من هو وزير الطاقة؟",
    "كم لوحًا شمسيًا ستضم محطة وادي الندى؟",
    "كم مهندسًا وفنيًا يعمل في موقع المحطة؟",
    "من هي مديرة مشروع وادي الندى؟",
    "كم يبلغ طول خط النقل الذي يربط المحطة بالشبكة؟",
    "من هو النائب الذي طالب بنشر الحسابات؟",
    "متى تبدأ تجارب محطة وادي الندى؟",
    "澜川客车厂厂长是谁？",
    "2022年签订的合同包括多少节车厢？",
    "每列极光号可载客多少人？",
    "极光号列车全程多少公里？",
    "极光号的最低票价是多少？",
    "车厢内夜间噪声是多少分贝？",
    "澜川市前四个月轨道交通装备出口额是多少？",
    "阿拉韦达港国际象棋公开赛的亚军是谁？",
    "林若溪的教练是谁？",
    "林若溪的等级分将达到多少分？",
    "亚军奖金是多少？",
    "有多少名棋手报名参加公开赛？",
    "远昭光伏供应了多少万块组件？",
    "远昭光伏副总经理是谁？",
    "远昭光伏的合同金额是多少美元？",
    "纳达谷电站的装机容量是多少？",
)
EVERY = 3  # of the articles of the sets every third gets emoji


def widget_articles(data: Path, seed: int) -> list[dict[str, Any]]:
    """Samples, the seed article, XQuAD in four languages, PIAF and Wikinews; as `POST /v1/articles` takes them."""
    rows = [json.loads(line) for path in sample_files() for line in path.read_text("utf-8").splitlines()]
    for row in rows:
        row["tags"] = []  # `sample` would have them removed by the first other article
    sets = load_sets(data, QUESTIONS_A_SET, seed)
    rows.append({"id": "seed", "title": "Tadjikistan", "text": seed_text(data)})
    articles = [
        *(article for language in sets.xquad_articles.values() for article in _asked_about(language, sets)),
        *sets.piaf_articles,
        *sets.news_articles,
    ]
    for number, article in enumerate(articles):
        item: dict[str, Any] = {**article.to_item(), "language": article.language}
        if number % EVERY == 0:
            item["text"] = with_emoji(item["text"])
        rows.append(item)
    return rows


def _asked_about(articles: Sequence[Any], sets: EvaluationSets) -> list[Any]:
    """Of a language of XQuAD the paragraphs that questions are drawn on; the others would only cost time."""
    stories = {question.story for question in sets.xquad_questions["en"]}
    return [article for article in articles if article.story in stories]


def with_emoji(text: str) -> str:
    """Emoji before the text and between its sentences."""
    first, *others = text.split(". ")
    parts = [f"{EMOJI[0]}{EMOJI[1]} {first}"]
    parts += [f"{EMOJI[number % len(EMOJI)]} {other}" for number, other in enumerate(others, start=2)]
    return ". ".join(parts)


def widget_questions(data: Path, seed: int) -> list[str]:
    """Arabic and Chinese material first, of which there is least; then the others in an order drawn by `seed`."""
    gate = [question for question in load_gate_questions() if question.answerable]
    rare = [one.text for one in gate if (one.article_id or "").split("-")[1] in ("ar", "zh")]
    suggested = load_suggestions()
    rare += [*suggested["ar"], *suggested["zh"], *MORE]
    sets = load_sets(data, QUESTIONS_A_SET, seed)
    others = [one.text for one in gate if one.text not in rare]
    others += [question for language in ("en", "fr", "de", "es", "ru") for question in suggested[language]]
    others += [one.text for one in load_seed_questions() if one.answerable]
    others += [one.text for questions in sets.xquad_questions.values() for one in questions]
    others += [one.text for one in sets.piaf_questions]
    others += [one.text for one in sets.news_questions if one.answerable and not one.history]
    random.Random(seed).shuffle(others)
    return list(dict.fromkeys((*rare, *others)))
