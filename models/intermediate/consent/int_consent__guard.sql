-- The node that stops a build on consent that cannot be understood, before anything is
-- written into state: purposes that nobody declared, in what comes now and in what was
-- stored; rows of a state table without an id; denials that would be dropped by a
-- changed mapping.
-- depends_on: {{ ref('junk_keys') }}
{% set stored = dbt_consent.model_relation('consent_events') %}
{% set last = dbt_consent.model_relation('int_consent__interpreted') %}
{{ dbt_consent.stop_on_rows_without_id(ref('int_consent__observed')) }}
{{ dbt_consent.stop_on_unknown_purposes(
    stored, ref('int_consent__observed'),
    ref('purpose_labels'), ref('status_labels'), ref('int_consent__standing_retractions'),
) }}
{{ dbt_consent.stop_on_dropped_denials(
    last, stored, ref('int_consent__observed'),
    ref('purpose_labels'), ref('status_labels'),
) }}

select {{ dbt_consent.observed_at() }} as checked_at
