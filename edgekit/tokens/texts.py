"""Texts that every checkpoint is tried on: scripts, marks and oddities that break tokenizers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgekit.tokens.roles import Roles

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
    ("turkish", "Işık ılık süt içti; İstanbul'da ĞÜŞİÖÇ."),
    ("vietnamese", "Tiếng Việt có nhiều dấu thanh, phải không?"),
    ("tamil", "வணக்கம், நீங்கள் எப்படி இருக்கிறீர்கள்?"),
    ("persian", "می\u200cخواهم کتاب\u200cهای فارسی بخوانم."),
    ("both directions", "She said \u200fשלום\u200e and \u2067مرحبا\u2069 (2024)."),
    ("compatibility", "ＡＢＣ１２３ ﬁne ﬂow ½ x² Ⅷ ｶﾞ ㎏ Straße ẞ"),
    ("astral", "𠮷野家 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𓀀 🀄 e\u0301𠮷e\u0301"),
    ("hangul jamo", "\u1112\u1161\u11ab\u1100\u1173\u11af is 한글"),
    ("unassigned", "a\u0378b \U0001fae8 x\u1df9y \u2e52"),
    ("invisible", "nul\x00 del\x7f soft\u00adhyphen line\u2028end \ufffd private\ue000"),
    ("special tokens", "Paris is [MASK] or <mask> of [SEP] France</s>. [cls] [PAD]"),
    ("long word", "antidisestablishmentarianism" * 8),
    ("words of 100 and 101", f"{'a' * 100} {'a' * 101} end"),
    ("spaces", "   leading,   inner   and trailing   "),
    ("blank", " \t\n\u3000"),
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
    ("pair arabic", "ما هي عاصمة مصر؟", "عاصمة مصر هي القاهرة، وهي أكبر مدينة فيها."),
    ("pair without first", "", "Only the second text says anything."),
)

_SHORT = "Who?"  # few tokens in any vocabulary, so that its row is filled up where some are
_LONG = "The tower, finished in 1889, stands in Paris: café, 東京, שלום 👍🏽. " * 3
NO_ROLES = Roles()
LONGEST_FIRST = "longest_first"  # Transformers' name for its default
_CUT = 24  # tokens: few, so that every text is cut, even by the tokens of whole words
SIDES = ("right", "left")  # where tokens are lost
TRUNCATIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("cut single", LONGEST_FIRST, (_LONG,)),
    ("cut first", "only_first", (_LONG, "Who?")),
    ("cut second", "only_second", ("Who?", _LONG)),
    ("cut longest", LONGEST_FIRST, (_LONG, "It was built for the fair of 1889.")),
    ("cut both", LONGEST_FIRST, (_LONG, _LONG)),
)


@dataclass(frozen=True)
class Case:
    """One or two texts, and how they are cut.

    Attributes:
        name: for messages.
        texts: the text, or the two of a pair.
        truncation: one of Transformers' strategies: ``longest_first``, ``only_first`` or
            ``only_second``.
        max_length: in tokens, special ones included.
        side: the end at which a text loses tokens: ``right`` or ``left``.
        role: of the text, such as ``query``; None: it has none.
    """

    name: str
    texts: tuple[str, ...]
    truncation: str
    max_length: int
    side: str
    role: str | None = None

    def cut_by_a_file(self, side: str) -> bool:
        """Whether a file that takes text would cut the case as it says.

        Args:
            side: the end at which the file's tokenizer cuts.
        """
        return (self.truncation, self.side, self.role) == (LONGEST_FIRST, side, None)


def cases(max_length: int, side: str, roles: Roles = NO_ROLES) -> Iterator[Case]:
    """Every case that a checkpoint is tried on.

    Short cuts are made at either side, where the model takes more than they leave. Each role's
    prompt stands before one text, and each role that makes rows of its own has a short text and a
    long one.

    Args:
        max_length: the most tokens of the model.
        side: the end at which its tokenizer cuts.
        roles: of the model's texts.
    """
    for name, prompt in roles.prompts.items():
        yield Case(f"prompt {name}", (prompt + TEXTS[1][1],), LONGEST_FIRST, max_length, side)
    for role, facts in roles.facts.items():
        for name, text in (("short", _SHORT), ("long", _LONG)):
            length = facts.max_length or max_length
            given = (roles.prompt(role) + text,)
            yield Case(f"{role} {name}", given, LONGEST_FIRST, length, side, role)
    for name, *texts in (*TEXTS, *PAIRS):
        yield Case(name, tuple(texts), LONGEST_FIRST, max_length, side)
    if max_length < _CUT:
        return
    for name, strategy, cut in TRUNCATIONS:
        for other in SIDES:
            yield Case(f"{name} {other}", cut, strategy, _CUT, other)
