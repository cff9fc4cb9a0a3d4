"""The ledger on SQLAlchemy: one transaction a call, compare-and-swap on a version."""

from __future__ import annotations

import sqlalchemy as sa

from workflow.ledger.connections import Connections
from workflow.ledger.dossier_records import DossierRecords
from workflow.ledger.dossiers import Dossiers
from workflow.ledger.duplicates import Duplicates
from workflow.ledger.edits import PaperEdits
from workflow.ledger.intake import ScanIntake
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.monitoring import QueueMonitor
from workflow.ledger.offices import Offices
from workflow.ledger.page_marks import PageMarking
from workflow.ledger.papers import PaperQueries
from workflow.ledger.people import People
from workflow.ledger.queue import PaperQueue
from workflow.ledger.reviews import Reviews
from workflow.ledger.sessions import Sessions
from workflow.ledger.signing_views import SigningViews
from workflow.ledger.splitting import Splitting


class SqlLedger:
    """The parts of the ledger over one database.

    Args:
        engine: of the database.
        cipher: encrypts columns with personal data.

    Attributes:
        offices: the offices.
        intake: receives scans.
        queue: claims, finishes and retries papers.
        papers: reads papers and their history.
        page_marks: what was seen on pages before they were read.
        edits: changes that people make to unsigned papers.
        splitting: makes several papers of one scan.
        reviews: what people correct and confirm, and undo.
        duplicates: papers that may be one, and what people decided.
        dossiers: expected papers; closing.
        dossier_records: what the objects of dossiers are made of.
        monitor: observes the queue.
        people: users, roles and invitations.
        sessions: of people who signed in.
        signing_views: what signers have seen, and their batches.
    """

    def __init__(self, engine: sa.Engine, *, cipher: FieldCipher) -> None:
        self.connections = Connections(engine)
        self.offices = Offices(self.connections)
        self.intake = ScanIntake(self.connections, cipher=cipher)
        self.queue = PaperQueue(self.connections, cipher=cipher)
        self.papers = PaperQueries(self.connections, cipher=cipher)
        self.page_marks = PageMarking(self.connections)
        self.edits = PaperEdits(self.connections, cipher=cipher)
        self.reviews = Reviews(self.connections, cipher=cipher)
        self.splitting = Splitting(self.connections, cipher=cipher)
        self.duplicates = Duplicates(self.connections, cipher=cipher)
        self.dossiers = Dossiers(self.connections, cipher=cipher)
        self.dossier_records = DossierRecords(self.connections, cipher=cipher)
        self.monitor = QueueMonitor(self.connections, cipher=cipher)
        self.people = People(self.connections, cipher=cipher)
        self.sessions = Sessions(self.connections)
        self.signing_views = SigningViews(self.connections)
