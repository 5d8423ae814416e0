-- What was permitted, before this run decided, to the profiles that fell apart in it.
-- It reads the permissions of the run before, so that it must be built before anything
-- that they are made of: int_identity__contact_points says that it depends on it.
{% set text = dbt.type_string() %}
{% set before = dbt_consent.relation_of_last_run('contact_point_permissions') %}

{% if before %}
select
    permissions.profile_id,
    permissions.key_type,
    permissions.key_value,
    permissions.purpose
from {{ before }} as permissions
inner join (
    select old_profile_id
    from {{ ref('int_identity__parted') }}
    group by old_profile_id
) as parted
    on permissions.profile_id = parted.old_profile_id
where permissions.is_permitted
{% else %}
select
    cast(null as {{ text }}) as profile_id,
    cast(null as {{ text }}) as key_type,
    cast(null as {{ text }}) as key_value,
    cast(null as {{ text }}) as purpose
where 1 = 0
-- depends_on: {{ ref('int_identity__parted') }}
{% endif %}
