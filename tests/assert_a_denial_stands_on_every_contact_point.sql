-- Who has said no on any contact point gets through on none that was not granted later.
-- Counted here from what was said alone, for purposes with a channel and the policy
-- latest_denial, over the contact points that the person has or had; the models that
-- decide have no part in it. A dated no that was not taken back, whose contact point is
-- nobody else's meanwhile, is enough.
{% set purposes = [] %}
{% for name, purpose in dbt_consent.purposes().items() %}
{% if
    purpose.channel
    and purpose.conflict == 'latest_denial'
    and purpose.enforcement != 'none'
%}
{% do purposes.append(name) %}
{% endif %}
{% endfor %}

with people as (

    select
        profile_id,
        key_type,
        key_value,
        cast(null as {{ dbt.type_timestamp() }}) as taken_over_at
    from {{ ref('profile_contact_points') }}

    union all

    select
        profile_id,
        key_type,
        key_value,
        taken_over_at
    from {{ ref('int_identity__former_points') }}

),

denials as (

    select
        people.profile_id,
        statements.purpose,
        max(least(statements.stated_at, statements.first_seen_at)) as denied_at
    from {{ ref('int_consent__statements') }} as statements
    inner join people
        on
            statements.key_type = people.key_type
            and statements.key_value = people.key_value
    where
        statements.status = 'denied'
        and statements.is_mapped
        and not statements.is_retracted
        and statements.purpose in ({{ dbt_consent.text_list(purposes) }})
        and least(statements.stated_at, statements.first_seen_at)
        <= {{ dbt_consent.as_of() }}
        and statements.stated_at is not null
        and (
            people.taken_over_at is null
            or least(statements.stated_at, statements.first_seen_at)
            < people.taken_over_at
        )
    group by people.profile_id, statements.purpose

),

grants as (

    select
        key_type,
        key_value,
        purpose,
        max(stated_at) as granted_at
    from {{ ref('int_consent__statements') }}
    where
        status = 'granted'
        and not is_retracted
    group by key_type, key_value, purpose

)

select
    permissions.profile_id,
    permissions.purpose,
    permissions.consent_id,
    grants.granted_at,
    denials.denied_at
from {{ ref('contact_point_permissions') }} as permissions
inner join denials
    on
        permissions.profile_id = denials.profile_id
        and permissions.purpose = denials.purpose
left join grants
    on
        permissions.key_type = grants.key_type
        and permissions.key_value = grants.key_value
        and permissions.purpose = grants.purpose
where
    permissions.is_permitted
    and (
        grants.granted_at is null
        or grants.granted_at <= denials.denied_at
    )
