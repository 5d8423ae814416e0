-- The node that stops a build on an outage: a source that is empty or has shrunk by
-- more than its share raises here, before identities and consent history are touched.
-- What it stores is the baseline of the next run.
{% set guarded = dbt_consent.guarded_models() %}
{% set counts = dbt_consent.source_row_counts(guarded) %}
{{ dbt_consent.stop_on_shrunken_sources(this, guarded, counts) }}

{% for entry in guarded %}
select
    '{{ entry.model }}' as model_name,
    cast({{ counts.get(entry.model, 'null') }} as bigint) as row_count,
    {{ dbt_consent.observed_at() }} as observed_at
{% if not loop.last %}union all{% endif %}
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as model_name,
    cast(null as bigint) as row_count,
    {{ dbt_consent.observed_at() }} as observed_at
where false
{% endfor %}
