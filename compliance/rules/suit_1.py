"""SUIT-1: a test by product before it is bought, not only one for all (general practice of suitability)."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import is_retail
from compliance.registry.listings import AssetRecord, Listing
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY, SOME, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import ISSUE, TRANSFER, Arrival, Case, Profile
from compliance.rules.finding import Finding
from compliance.rules.rule import FOR_PURCHASES, SELLS_OF_HOLDINGS, Rule
from compliance.rules.validity import PASS_MARK, VALIDITY, TestRule
from engine.vocabulary.codes import ASSET_KINDS

FUTURES: Final = "future"
PRODUCTS: Final = {
    "crypto": "cryptocurrencies",
    "foreign_stablecoin": "foreign stablecoins",
    "domestic_stablecoin": "rouble stablecoins",
    "security": "notes and digital financial assets",
    FUTURES: "futures, on either side",
}
"""What may need a test of its own: the kinds of assets beside money, and futures."""
RETAIL_INVESTORS: Final = "retail"
QUALIFIED_INVESTORS: Final = "qualified"


class ProductTest(TestRule):
    """A purchase of a product without a valid test of it is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.products: Final = data.parameters.names("products")
        self.classes: Final = data.parameters.names("classes")

    def crypto_only(self) -> bool:
        """A security is a product whatever it follows."""
        return False

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Classes and products that the rulebook does not name, and sells of what is held."""
        if not listing.opens(side):
            return FOR_PURCHASES
        if not self.binds(profile.investor_class):
            return f"it is for {' and '.join(self.classes) or 'nobody'}"
        return "" if product_of(listing, side) in self.products else "what it brings in needs no test of its own"

    def binds(self, investor_class: int) -> bool:
        """Whether investors of a class need the tests."""
        return (RETAIL_INVESTORS if is_retail(investor_class) else QUALIFIED_INVESTORS) in self.classes

    def examine(self, case: Case) -> Finding:
        """The latest test of what the order brings in."""
        test = case.investor.test(product_of(case.listing, case.side))
        return self.examine_test(test, case.time_ns, case.explained)

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The same of what is as good as bought."""
        product = kind_of(arrival.asset)
        if arrival.door not in (TRANSFER, ISSUE) or product not in self.products:
            return None
        if not self.binds(arrival.investor.investor_class):
            return None
        return self.examine_test(arrival.investor.test(product), arrival.time_ns, True)

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether a passed test of someone with an account ceased to count. O(investors)."""
        return any(investor.clients and self._lapses_of(investor, day) for investor in registry.investors.values())

    def _lapses_of(self, investor: Investor, day: int) -> bool:
        if not self.binds(investor.investor_class):
            return False
        return any(self.lapsed(test, day) for name, test in investor.products.items() if name in self.products)


def product_of(listing: Listing, side: int) -> str:
    """The product that an order of a side brings in; empty: money."""
    if listing.shortable:
        return FUTURES
    acquired = listing.acquired(side)
    return "" if acquired is None else kind_of(acquired)


def kind_of(asset: AssetRecord) -> str:
    """The kind of an asset, which is its product."""
    return ASSET_KINDS[asset.kind]


RULE: Final[Rule] = Rule(
    "SUIT-1",
    ORDER_ENTRY,
    {
        "products": Parameter(SOME, "the products with a test", "What needs a test of its own.", words=PRODUCTS),
        "pass_mark": PASS_MARK,
        "validity_days": VALIDITY,
        "classes": Parameter(
            SOME,
            "whom the tests are for",
            "Who needs the tests.",
            words={
                RETAIL_INVESTORS: "individuals and firms that are not qualified",
                QUALIFIED_INVESTORS: "qualified individuals, the super-qualified among them, and firms",
            },
        ),
    },
    compares="The latest test of the product that an order brings in with the pass mark, and its date with its validity.",
    exempt=f"Classes and products that are not named. {SELLS_OF_HOLDINGS}",
    orders=ProductTest,
)
