-- The node that stops a build on an outage: a source that is empty or has shrunk by
-- more than its share raises here, before identities and consent history are touched.
-- A model of the last run that the settings no longer name raises too. What it stores is
-- the baseline of the next run; models that nobody counts are there by their name.
{% set guarded = dbt_consent.guarded_models() %}
{% set counts = dbt_consent.source_row_counts(guarded) %}
{{ dbt_consent.stop_on_models_that_are_gone(this) }}
{{ dbt_consent.stop_on_shrunken_sources(this, guarded, counts) }}

{% set gone = dbt_consent.models_no_longer_declared(this) %}
{% for model in (dbt_consent.declared_models() + gone) | unique %}
select
    '{{ model }}' as model_name,
    cast({{ counts.get(model, 'null') }} as bigint) as row_count,
    {{ dbt_consent.observed_at() }} as observed_at
{% if not loop.last %}union all{% endif %}
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as model_name,
    cast(null as bigint) as row_count,
    {{ dbt_consent.observed_at() }} as observed_at
where false
{% endfor %}
