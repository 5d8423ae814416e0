-- Denials on former contact points that bind the whole person: profile × purpose ×
-- denied purpose, itself or an ancestor. Lifted only by a grant later than the first
-- load that missed the former contact point, on a contact point of a record that had
-- it: of the denied purpose, or, for the purpose alone, of one between them where the
-- ancestor's policy lets it. An erasure is lifted on itself only.

with reach as (

    select
        purpose,
        purpose as denied_purpose,
        purpose as step
    from {{ ref('int_consent__purposes') }}

    union all

    select
        ancestors.purpose,
        ancestors.ancestor as denied_purpose,
        ancestors.step
    from {{ ref('int_consent__purpose_ancestors') }} as ancestors
    inner join {{ ref('int_consent__purposes') }} as purposes
        on ancestors.ancestor = purposes.purpose
    where purposes.conflict <> 'any_denial'

    union all

    select
        purpose,
        ancestor as denied_purpose,
        ancestor as step
    from {{ ref('int_consent__purpose_ancestors') }}
    group by purpose, ancestor

),

lifts as (

    select
        grants.profile_id,
        grants.key_type,
        grants.key_value,
        reach.purpose,
        reach.denied_purpose,
        max(grants.granted_at) as granted_at
    from {{ ref('int_consent__former_grants') }} as grants
    inner join reach on grants.purpose = reach.step
    group by
        grants.profile_id,
        grants.key_type,
        grants.key_value,
        reach.purpose,
        reach.denied_purpose

)

select
    denials.profile_id,
    denials.key_type,
    denials.key_value,
    purposes.purpose,
    denials.purpose as denied_purpose,
    denials.is_erasure,
    denials.denied_at,
    denials.denied_source,
    denials.denied_id,
    denials.denied_recorded_at
from {{ ref('int_consent__former_denials') }} as denials
inner join (
    select
        purpose,
        denied_purpose
    from reach
    group by purpose, denied_purpose
) as purposes
    on denials.purpose = purposes.denied_purpose
left join lifts
    on
        denials.profile_id = lifts.profile_id
        and denials.key_type = lifts.key_type
        and denials.key_value = lifts.key_value
        and denials.purpose = lifts.denied_purpose
        and purposes.purpose = lifts.purpose
where
    denials.is_standing
    and (
        denials.is_erasure
        or lifts.granted_at is null
        or lifts.granted_at <= denials.profile_left_at
        or lifts.granted_at <= denials.denied_at
    )
