//! The controls and weaknesses that rules name by their ids, in words.

/// Ids and what their publishers call them.
const NAMES: [(&str, &str); 11] = [
    (
        "CIS-3.11",
        "CIS Controls v8, Encrypt Sensitive Data at Rest",
    ),
    (
        "CIS-6.5",
        "CIS Controls v8, Require MFA for Administrative Access",
    ),
    (
        "CWE-214",
        "Invocation of Process Using Visible Sensitive Information",
    ),
    ("CWE-321", "Use of Hard-coded Cryptographic Key"),
    (
        "CWE-532",
        "Insertion of Sensitive Information into Log File",
    ),
    (
        "CWE-538",
        "Insertion of Sensitive Information into Externally-Accessible File or Directory",
    ),
    ("CWE-798", "Use of Hard-coded Credentials"),
    (
        "NIST-IA-2(1)",
        "NIST SP 800-53, Multi-factor Authentication to Privileged Accounts",
    ),
    (
        "NIST-SC-12",
        "NIST SP 800-53, Cryptographic Key Establishment and Management",
    ),
    (
        "SOC2-CC6.1",
        "SOC 2 Trust Services Criteria, logical access to protected information",
    ),
    (
        "SOC2-CC6.7",
        "SOC 2 Trust Services Criteria, transmission, movement and removal of information",
    ),
];

/// What the control or weakness `id` is called; none for one that rules of users name.
pub fn control(id: &str) -> Option<&'static str> {
    let found = NAMES.iter().find(|(known, _)| *known == id);
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::BUILTIN;

    #[test]
    fn every_control_of_a_builtin_rule_has_a_name() {
        let named = BUILTIN.iter().flat_map(|rule| rule.controls.iter());
        for id in named {
            assert!(control(id).is_some(), "{id}");
        }
        assert_eq!(control("CWE-1"), None);
    }
}
