"""Texts that every checkpoint is tried on: scripts, marks and oddities that break tokenizers."""

from __future__ import annotations

TEXTS: tuple[tuple[str, str], ...] = (
    ("english", "The quick brown fox jumps over the lazy dog."),
    ("question", "How many parameters does DistilBERT have, and how fast is it on a phone?"),
    ("french", "Le garçon a mangé une crème brûlée à l'hôtel, n'est-ce pas ?"),
    ("german", "Übermäßig große Straßenbahnen fahren über die Brücke nach Köln."),
    ("polish", "Zażółć gęślą jaźń, powiedział pięćdziesięcioletni profesor."),
    ("russian", "Быстрая коричневая лиса перепрыгивает через ленивую собаку."),
    ("greek", "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί."),
    ("chinese", "今天天气很好，我们去公园散步吧。"),
    ("japanese", "東京タワーは高さ333メートルの電波塔です。"),
    ("korean", "빠른 갈색 여우가 게으른 개를 뛰어넘는다."),
    ("arabic", "الثعلب البني السريع يقفز فوق الكلب الكسول."),
    ("hebrew", "השועל החום המהיר קופץ מעל הכלב העצלן."),
    ("hindi", "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है।"),
    ("thai", "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ"),
    ("emoji", "Great job 👍🏽! The family 👨‍👩‍👧‍👦 went surfing 🏄🏻‍♀️ in 🇧🇷."),
    ("combining", "Cafe\u0301 nai\u0308ve Z\u0351a\u0300\u0323l\u034fgo \u0130stanbul"),
    ("control", "tab\there, bell\x07, null\u200bwidth, line\nbreak,\u00a0nbsp, \ufeffbom"),
    ("mixed", "URL https://example.com/a?b=c&d=%20 mail me@x.io 1,234.56 € C++ #tag @user"),
    ("long word", "antidisestablishmentarianism" * 8),
    ("spaces", "   leading,   inner   and trailing   "),
    ("empty", ""),
)

PAIRS: tuple[tuple[str, str, str], ...] = (
    (
        "pair",
        "Where does the tower stand?",
        "The tower stands in Paris, on the Champ de Mars, and was finished in 1889.",
    ),
    ("pair accents", "Où est né Frédéric ?", "Frédéric Chopin est né à Żelazowa Wola, en Pologne."),
    ("pair chinese", "首都是哪里？", "中国的首都是北京，最大的城市是上海。"),
)
