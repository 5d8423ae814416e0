-- What the stored evidence means by today's mappings: a row per version and stretch,
-- for contact points that identify somebody and purposes that are declared. A label
-- that is mapped late means what it would have meant from the start, in rows that are
-- gone too.

{{ dbt_consent.interpreted_events(
    ref('consent_events'),
    ref('int_consent__observed'),
    ref('purpose_labels'),
    ref('status_labels'),
) }}
