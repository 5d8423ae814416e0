-- Contact point × purpose × ancestor: whether the ancestor blocks the purpose there
-- (step 6 of docs/consent.md). A denial of the ancestor is lifted, for this purpose
-- alone, by a later grant on this contact point of the purpose or of one that lies
-- between.

with ancestors as (

    select
        purpose,
        ancestor,
        distance
    from {{ ref('int_consent__purpose_ancestors') }}
    group by purpose, ancestor, distance

),

asked as (

    select
        domain.profile_id,
        domain.key_type,
        domain.key_value,
        domain.purpose,
        ancestors.ancestor,
        ancestors.distance,
        coalesce(enforcements.enforcement, purposes.enforcement) as enforcement,
        purposes.conflict
    from {{ ref('int_consent__decision_domain') }} as domain
    inner join ancestors on domain.purpose = ancestors.purpose
    inner join {{ ref('int_consent__purposes') }} as purposes
        on ancestors.ancestor = purposes.purpose
    left join {{ ref('int_consent__profile_enforcements') }} as enforcements
        on
            domain.profile_id = enforcements.profile_id
            and ancestors.ancestor = enforcements.purpose

),

lifting_grants as (

    select
        statuses.key_type,
        statuses.key_value,
        steps.purpose,
        steps.ancestor,
        max(statuses.granted_at) as granted_at
    from {{ ref('int_consent__purpose_ancestors') }} as steps
    inner join {{ ref('int_consent__point_statuses') }} as statuses
        on steps.step = statuses.purpose
    where statuses.granted_at is not null
    group by statuses.key_type, statuses.key_value, steps.purpose, steps.ancestor

),

judged as (

    select
        asked.profile_id,
        asked.key_type,
        asked.key_value,
        asked.purpose,
        asked.ancestor,
        asked.distance,
        asked.enforcement,
        own.status,
        own.is_permitted,
        own.is_permitted_if_lifted,
        own.deciding_id,
        own.deciding_source,
        own.deciding_recorded_at,
        coalesce(own.is_itself_denied, false) as is_itself_denied,
        coalesce(
            own.status = 'denied'
            and asked.conflict <> 'any_denial'
            and lifting_grants.granted_at > own.denied_at,
            false
        ) as is_lifted
    from asked
    left join {{ ref('int_consent__own_decisions') }} as own
        on
            asked.profile_id = own.profile_id
            and asked.key_type = own.key_type
            and asked.key_value = own.key_value
            and asked.ancestor = own.purpose
    left join lifting_grants
        on
            asked.key_type = lifting_grants.key_type
            and asked.key_value = lifting_grants.key_value
            and asked.purpose = lifting_grants.purpose
            and asked.ancestor = lifting_grants.ancestor

)

select
    profile_id,
    key_type,
    key_value,
    purpose,
    ancestor,
    distance,
    enforcement,
    deciding_id,
    deciding_source,
    deciding_recorded_at,
    is_itself_denied and not is_lifted as is_denied_here,
    case
        when status is null then enforcement = 'opt_in'
        when is_lifted then not is_permitted_if_lifted
        else not is_permitted
    end as is_blocking
from judged
