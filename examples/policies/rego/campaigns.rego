# conftest test plan.json --policy examples/policies/rego
# opa eval --data examples/policies/rego --input plan.json data.main.deny
package main

import rego.v1

# Every campaign, changed or not, limits how often one contact is invited.
deny contains message if {
	some campaign in input.planned_values.root_module.resources
	not limited(campaign.values)
	message := sprintf("%s: no throttling, so every trigger invites again", [campaign.address])
}

limited(values) if values.throttling.maxInvitesPerContact > 0

# Nothing is deleted on a Friday (UTC); the date alone, because not every Rego reads a time that ends in `Z`.
deny contains message if {
	some change in input.resource_changes
	"delete" in change.change.actions
	time.weekday(time.parse_ns("2006-01-02", substring(input.timestamp, 0, 10))) == "Friday"
	message := sprintf("%s: nothing is deleted on a Friday", [change.address])
}

# What visitors notice stands under our own key.
warn contains message if {
	some change in input.campaignctl.changes
	some danger in change.dangers
	message := sprintf("%s: %s", [change.address, danger.sentence])
}
