//! What a fresh emulator has in it: an organization, queues, skill groups and wrap-up codes, with ids that never change.

/// Id of the organization of a fresh database.
pub(super) const ORGANIZATION_ID: &str = "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6";

/// Name of the organization of a fresh database.
pub(super) const ORGANIZATION_NAME: &str = "Sample Organization";

/// The division that everything stands in: id and name.
pub(super) const DIVISION: Sample = Sample { id: "0d9f8e7c-6b5a-4d3c-8b2a-1f0e9d8c7b6a", name: "Home" };

/// Something the organization knows by id and name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// UUID.
    pub id: &'static str,
    /// Unique within its table.
    pub name: &'static str,
}

/// Queues, ordered by name.
pub(super) const QUEUES: &[Sample] = &[
    Sample { id: "b7e1f2a3-4c5d-4e6f-8a9b-0c1d2e3f4a5b", name: "General" },
    Sample { id: "d9a3b4c5-6e7f-4081-9cbd-2e3f4a5b6c7d", name: "Order Help" },
    Sample { id: "c8f2a3b4-5d6e-4f70-8bac-1d2e3f4a5b6c", name: "Pricing Specialists" },
    Sample { id: "eab4c5d6-7f80-4192-8dce-3f4a5b6c7d8e", name: "Renewals" },
    Sample { id: "0cd6e7f8-91a2-43b4-8fe0-5b6c7d8e9fa0", name: "Sales" },
    Sample { id: "fbc5d6e7-8091-42a3-9edf-4a5b6c7d8e9f", name: "Technical Support" },
    Sample { id: "a1b2c3d4-e5f6-7890-abcd-ef1234567890", name: "Web Support" },
];

/// Skill groups, ordered by name.
pub(super) const SKILL_GROUPS: &[Sample] = &[
    Sample { id: "3f21a0b4-9c8d-4e7f-a6b5-1c2d3e4f5a61", name: "order_help" },
    Sample { id: "3f21a0b4-9c8d-4e7f-a6b5-1c2d3e4f5a62", name: "pricing_specialists" },
    Sample { id: "3f21a0b4-9c8d-4e7f-a6b5-1c2d3e4f5a63", name: "renewals_desk" },
    Sample { id: "3f21a0b4-9c8d-4e7f-a6b5-1c2d3e4f5a64", name: "web_support_tier1" },
    Sample { id: "3f21a0b4-9c8d-4e7f-a6b5-1c2d3e4f5a65", name: "web_support_tier2" },
];

/// Wrap-up codes, ordered by name.
pub(super) const WRAP_UP_CODES: &[Sample] = &[
    Sample { id: "64c0d1e2-5b4a-4938-8271-605f4e3d2c11", name: "order_assisted" },
    Sample { id: "64c0d1e2-5b4a-4938-8271-605f4e3d2c12", name: "pricing_question_answered" },
    Sample { id: "64c0d1e2-5b4a-4938-8271-605f4e3d2c13", name: "proactive_invite_accepted" },
    Sample { id: "64c0d1e2-5b4a-4938-8271-605f4e3d2c14", name: "proactive_invite_declined" },
    Sample { id: "64c0d1e2-5b4a-4938-8271-605f4e3d2c15", name: "renewal_saved" },
];

#[cfg(test)]
mod tests {
    use super::{DIVISION, ORGANIZATION_ID, QUEUES, SKILL_GROUPS, WRAP_UP_CODES};

    #[test]
    fn the_tables_are_ordered_by_name_and_every_id_is_a_uuid_of_its_own() {
        let mut ids = vec![ORGANIZATION_ID, DIVISION.id];
        for table in [QUEUES, SKILL_GROUPS, WRAP_UP_CODES] {
            assert!(table.is_sorted_by(|a, b| a.name < b.name));
            ids.extend(table.iter().map(|sample| sample.id));
        }
        assert!(ids.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()));
        ids.sort_unstable();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
