"""Articles that break careless programs: markup in the text, letters outside the first plane, right to left."""

from typing import Any

HOSTILE = {
    "id": "hostile",
    "title": "</title><script>window.owned = 'title'</script> Leak at Brackwater",
    "source": '"><img src=x onerror="window.owned=1">',
    "url": "https://brackwater.example/?q=<script>\"onload='window.owned=1",
    "language": "en",
    "published": "2023-04-02",
    "text": (
        "The web desk of the Brackwater Gazette printed its own source by mistake.\n\n"
        "The Brackwater leak held 4,711 records <script>window.owned = 'text'</script> and "
        "</style></mark></article><img src=x onerror=\"window.owned='img'\"> was printed in full &amp; in bold.\n\n"
        "Editor Ines Okoro said that <b>nobody</b> was hurt."
    ),
}
EMOJI = {
    "id": "emoji",
    "title": "🎉 Kite festival of Pellmoor 🪁",
    "source": "Pellmoor Post 📰",
    "url": "https://pellmoor.example/kites?day=1&place=🪁",
    "language": "en",
    "published": "2023-05-14",
    "text": (
        "🎉🪁👩🏽‍🚀 What a day in Pellmoor! 👨‍👩‍👧‍👦 Families came from everywhere 🇫🇷🇯🇵.\n\n"
        "The Pellmoor kite festival drew 8,214 visitors 🪁🪁, more than ever before. "
        "The winner, Oluwaseun Adeyemi 👏🏿, flew a kite of 31 metres."
    ),
}
ARABIC = {
    "id": "arabic-library",
    "title": "مكتبة سليمة تفتح أبوابها",
    "source": "بريد سليمة",
    "url": "https://salima.example/مكتبة",
    "language": "ar",
    "published": "2023-06-01",
    "text": (
        "افتُتحت مكتبة مدينة سليمة الجديدة 📚 يوم الأربعاء بحضور رئيسة البلدية هدى القاسمي.\n\n"
        "وتضم مكتبة سليمة ٦٢٬٥٠٠ كتاب في أربعة طوابق، وقد بلغت تكلفة البناء ١٨ مليون درهم."
    ),
}
CHINESE = {
    "id": "chinese-bridge",
    "title": "青岚大桥通车",
    "source": "青岚日报",
    "url": "https://qinglan.example/桥",
    "language": "zh",
    "published": "2023-07-09",
    "text": (
        "𠮷林路一端，青岚大桥🌉于7月9日上午正式通车。\n\n"
        "青岚大桥全长2318米，总投资9.6亿元，由工程师沈若兰设计。"
    ),
}
REMOVED = {
    "id": "soon-removed",
    "title": "Lighthouse of Tarn Point sold",
    "source": "Tarn Point Herald",
    "url": "https://tarn.example/lighthouse",
    "language": "en",
    "published": "2023-08-20",
    "text": "The lighthouse of Tarn Point was sold for 73,400 crowns. The buyer is the weaver Edda Lindqvist.",
}
ONE_SIDE = {
    "id": "bridge-gazette",
    "title": "Ostermere bridge opens at last",
    "source": "Ostermere Gazette",
    "url": "https://gazette.example/bridge",
    "language": "en",
    "published": "2023-09-03",
    "text": (
        "The new bridge of Ostermere was opened on Sunday by the mayor, Tilda Brook.\n\n"
        "The Ostermere bridge cost 12 million crowns, the town council said."
    ),
}
OTHER_SIDE = {
    "id": "bridge-post",
    "title": "What the bridge of Ostermere cost",
    "source": "Northern Post",
    "url": "https://post.example/bridge",
    "language": "en",
    "published": "2023-09-04",
    "text": (
        "On Sunday the mayor, Tilda Brook, opened the new bridge of Ostermere.\n\n"
        "The Ostermere bridge cost 15 million crowns, according to the region."
    ),
}
DIFFICULT: tuple[dict[str, Any], ...] = (HOSTILE, EMOJI, ARABIC, CHINESE, REMOVED, ONE_SIDE, OTHER_SIDE)

# Two papers say two things, and both the same thing.
COST = "How many crowns did the Ostermere bridge cost?"
MAYOR = "Which mayor opened the Ostermere bridge?"

# A question on each of the others, with what its answer names.
ASKED = {
    "hostile": ("How many records did the Brackwater leak hold?", "4,711"),
    "emoji": ("How many visitors did the Pellmoor kite festival draw?", "8,214"),
    "arabic": ("كم كتابًا تضم مكتبة سليمة؟", "٦٢٬٥٠٠"),
    "chinese": ("青岚大桥全长多少米？", "2318"),
    "removed": ("For how much was the lighthouse of Tarn Point sold?", "73,400"),
}
