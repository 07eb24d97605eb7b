//! Regions of Twilio. A credential is valid in one of them; hosts without a region lead to the first.

use crate::verify::Credential;
use crate::verify::credential::bytes;

/// A region, and the edge by which it is reached.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// Its name.
    pub id: &'static str,
    edge: &'static str,
    /// Whether it is one for certain. Twilio names the others here and not there; where their host is no name, they are none.
    pub is_certain: bool,
}

/// All regions that have credentials of their own, the default first. Other names of this form that Twilio used (`br1`, `de1`,
/// `sg1`, `us2`) were ways to the default region, as its guide to the change of names says: what was made for them is valid there.
pub(super) const ALL: &[Region] = &[
    Region::new("us1", "ashburn", true),
    Region::new("ie1", "dublin", true),
    Region::new("au1", "sydney", true),
    Region::new("jp1", "tokyo", false),
];

impl Region {
    const fn new(id: &'static str, edge: &'static str, is_certain: bool) -> Self {
        Self {
            id,
            edge,
            is_certain,
        }
    }

    /// The host of `product` there.
    pub fn host(&self, product: &str) -> String {
        if self == default() {
            format!("{product}.twilio.com")
        } else {
            format!("{product}.{}.{}.twilio.com", self.edge, self.id)
        }
    }
}

/// The region of hosts that name none.
pub(super) fn default() -> &'static Region {
    &ALL[0]
}

/// The region called `name`.
pub(super) fn called(name: &str) -> Option<&'static Region> {
    ALL.iter()
        .find(|region| region.id.eq_ignore_ascii_case(name))
}

/// The region that the file names for `credential`.
pub(super) fn named(credential: &Credential<'_>) -> Option<&'static Region> {
    called(std::str::from_utf8(bytes(credential.part("region")?)).ok()?)
}

/// Where a credential is likely to be valid, likeliest first, and where else it may be.
pub(super) struct Plan {
    /// What the file says, and the default.
    pub likely: Vec<&'static Region>,
    /// Every other one.
    pub rest: Vec<&'static Region>,
}

/// The plan for `credential`. A region that the file names goes first; an edge alone leaves the region at its default, which is
/// easily overlooked by who writes it, so that its region is the second to ask.
pub(super) fn plan(credential: &Credential<'_>) -> Plan {
    let part = |name: &str| {
        let value = bytes(credential.part(name)?);
        ALL.iter().find(|region| {
            let text = if name == "region" {
                region.id
            } else {
                region.edge
            };
            value.eq_ignore_ascii_case(text.as_bytes())
        })
    };
    let mut likely = Vec::new();
    for region in [part("region"), Some(default()), part("edge")] {
        likely.extend(region.filter(|region| !likely.contains(region)));
    }
    let rest = ALL
        .iter()
        .filter(|region| !likely.contains(region))
        .collect();
    Plan { likely, rest }
}
