"""Who supervises: dated, because it changes by statutory instrument (data-protection rules, section 1)."""

from datetime import date

from broker.consent.law.record import Record

REGULATORS: tuple[Record, ...] = (
    Record(
        code="ICO",
        title="Information Commissioner",
        in_force_from=date(2018, 5, 25),
        source="data-protection-rules 1; until SI 2026/386 takes effect",
        mark="K",
    ),
    Record(
        code="IC",
        title="Information Commission",
        in_force_from=None,
        source="data-protection-rules 1: SI 2026/386, date not read",
        mark="r",
    ),
)
"""The newest one in force is named."""

EXEMPTIONS: tuple[Record, ...] = (
    Record(
        code="sch2-para-2",
        title="prejudice to preventing or detecting crime, or to prosecution",
        in_force_from=date(2018, 5, 25),
        source="data-protection-rules TR-02, TR-04; DPA 2018 Sch 2 para 2",
        mark="R",
    ),
    Record(
        code="sch2-para-5-2",
        title="disclosure required by law, so far as telling would prevent it",
        in_force_from=date(2018, 5, 25),
        source="data-protection-rules TR-02; DPA 2018 Sch 2 para 5(2)",
        mark="R",
    ),
    Record(
        code="risk-to-a-child-or-another",
        title="telling would put a child or another at risk",
        in_force_from=date(2018, 5, 25),
        source="data-protection-rules TR-02",
        mark="R",
    ),
    Record(
        code="article-14(5)",
        title="the law expressly lays down the obtaining or disclosure, or secrecy",
        in_force_from=date(2018, 5, 25),
        source="data-protection-rules TR-02; UK GDPR Article 14(5)",
        mark="K",
    ),
    Record(
        code="sch3-para-21",
        title="child-abuse data asked for by a parent, against the child's best interests",
        in_force_from=date(2018, 5, 25),
        source="data-protection-rules RT-02; DPA 2018 Sch 3 para 21",
        mark="R",
    ),
    Record(
        code="article-17(1)(g)",
        title="erasure of data that arose from a malicious person's allegation",
        in_force_from=date(2026, 3, 31),
        source="data-protection-rules 1, RT-09 [WT fn 7]",
        mark="R",
    ),
)
"""Exemptions from telling people, and rights with conditions of their own."""
