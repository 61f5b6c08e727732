# The campaign file that the comparisons are made with; to be sourced.
# shellcheck shell=bash

readonly queue=a1b2c3d4-e5f6-7890-abcd-ef1234567890
readonly overflow_queue=b2c3d4e5-f6a7-8901-bcde-f12345678901

# One campaign file of about 1.2 KB, with queues by id, so that no name has to be looked up.
campaign_yaml() { # number, seconds
    printf '%s\n' "# yaml-language-server: \$schema=../schema/campaign.schema.json
name: Pricing page, high churn risk $1
description: |
  Visitors who read the price list for the second time within a week and are likely to leave.
  Owner: growth team. Reviewed every quarter together with the web support leads.
enabled: true
campaignType: proactive
evaluationMode: realtime
filters:
  - { attributeName: referrer.page, operator: starts_with, value: /pricing/$1, dataType: string }
  - { attributeName: external.churn_probability, operator: greater_than, value: 0.72, dataType: float }
  - { attributeName: session.dwell_time_seconds, operator: greater_than, value: $2, dataType: integer }
actions:
  - type: webchat_invite
    priority: 1
    config:
      inviteMessage: Comparing plans? A specialist can tell you in two minutes which one fits.
      displayDuration: 300
    routingConfig:
      queueId: $queue
      skillGroups: [pricing_specialists]
      wrapUpCode: proactive_invite_accepted
      priorityLevel: 5
      overflowQueueId: $overflow_queue
throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }
lifecycle: { preventDestroy: true }"
}
