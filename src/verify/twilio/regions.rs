//! Regions of Twilio. A credential is valid in one of them; hosts without a region lead to the first.

use crate::verify::Credential;
use crate::verify::credential::bytes;

/// A region, and the edge by which it is reached.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// Its name.
    pub id: &'static str,
    edge: &'static str,
    /// Whether accounts have credentials there today.
    current: bool,
}

/// All regions, the default first. Those that are not current are asked only if a file names them.
pub(super) const ALL: &[Region] = &[
    Region::new("us1", "ashburn", true),
    Region::new("ie1", "dublin", true),
    Region::new("au1", "sydney", true),
    Region::new("jp1", "tokyo", true),
    Region::new("br1", "sao-paulo", false),
    Region::new("de1", "frankfurt", false),
    Region::new("sg1", "singapore", false),
    Region::new("us2", "umatilla", false),
];

impl Region {
    const fn new(id: &'static str, edge: &'static str, current: bool) -> Self {
        Self { id, edge, current }
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
        .filter(|region| region.current && !likely.contains(region))
        .collect();
    Plan { likely, rest }
}
