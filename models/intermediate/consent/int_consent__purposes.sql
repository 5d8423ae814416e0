-- The tree of purposes as a table, one row per purpose, with the permission of somebody
-- of whom nothing is known.
{% set purposes = dbt_consent.purposes() %}
{% for name, purpose in purposes.items() %}
{% set default = dbt_consent.default_permission(purposes, name) %}
select
    '{{ name }}' as purpose,
    '{{ purpose.enforcement }}' as enforcement,
    {{ dbt_consent.optional_text(purpose.parent) }} as parent,
    {{ dbt_consent.optional_text(purpose.channel) }} as channel,
    cast({{ purpose.valid_for_months or 'null' }} as {{ dbt.type_int() }})
        as valid_for_months,
    {{ 'true' if purpose.double_opt_in else 'false' }} as is_double_opt_in,
    '{{ purpose.conflict }}' as conflict,
    {{ 'true' if dbt_consent.depends_on_country(purposes, name) else 'false' }}
        as is_by_country,
    {{ 'true' if default.is_permitted else 'false' }} as default_is_permitted,
    '{{ default.reason }}' as default_reason,
    {{ dbt_consent.optional_text(default.reason_detail) }} as default_reason_detail
{% if not loop.last %}union all{% endif %}
{% endfor %}
