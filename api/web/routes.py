"""All pages, for the server to include."""

from __future__ import annotations

from api.web import (
    account,
    assets,
    audit,
    duplicates,
    finding,
    intake,
    login,
    offices,
    people,
    pictures,
    records,
    review,
    signing,
    splitting,
    verify,
)

PAGES = (
    assets.router,
    login.router,
    account.router,
    people.router,
    offices.router,
    audit.router,
    pictures.router,
    review.router,
    splitting.router,
    duplicates.router,
    intake.router,
    finding.router,
    records.router,
    signing.router,
    verify.router,
)
