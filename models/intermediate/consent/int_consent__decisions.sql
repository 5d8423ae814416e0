-- Contact point × purpose: the permission with its reason, all steps of docs/consent.md
-- done. Sparse: what is not here has the purpose's default permission.

with blocking as (

    select
        *,
        row_number() over (
            partition by profile_id, key_type, key_value, purpose
            order by case when is_blocking then 0 else 1 end, distance
        ) as nearness
    from {{ ref('int_consent__ancestor_decisions') }}

),

ancestors as (

    select
        profile_id,
        key_type,
        key_value,
        purpose,
        {% for column in [
            'ancestor', 'deciding_id', 'deciding_source', 'deciding_recorded_at',
        ] %}
        max(case when nearness = 1 then {{ column }} end) as {{ column }},
        {% endfor %}
        max(case when is_blocking then 1 else 0 end) = 1 as is_blocked,
        max(case when is_denied_here then 1 else 0 end) = 1 as is_denied_above,
        max(case when enforcement = 'opt_in' then 1 else 0 end) = 1 as is_opt_in_above
    from blocking
    group by profile_id, key_type, key_value, purpose

),

gathered as (

    select
        domain.profile_id,
        domain.key_type,
        domain.key_value,
        domain.purpose,
        coalesce(enforcements.enforcement, purposes.enforcement) as enforcement,
        coalesce(own.status, 'no_record') as status,
        coalesce(own.is_itself_denied, false) as is_itself_denied,
        own.granted_at,
        own.is_permitted as is_permitted_by_own,
        own.reason as own_reason,
        own.reason_detail as own_reason_detail,
        own.deciding_id as own_deciding_id,
        own.deciding_source as own_deciding_source,
        own.deciding_recorded_at as own_deciding_recorded_at,
        own.expires_at as own_expires_at,
        coalesce(ancestors.is_blocked, false) as is_blocked,
        coalesce(ancestors.is_denied_above, false) as is_denied_above,
        coalesce(ancestors.is_opt_in_above, false) as is_opt_in_above,
        ancestors.ancestor,
        ancestors.deciding_id as ancestor_deciding_id,
        ancestors.deciding_source as ancestor_deciding_source,
        ancestors.deciding_recorded_at as ancestor_deciding_recorded_at,
        suppressions.reason as suppression
    from {{ ref('int_consent__decision_domain') }} as domain
    inner join {{ ref('int_consent__purposes') }} as purposes
        on domain.purpose = purposes.purpose
    left join {{ ref('int_consent__profile_enforcements') }} as enforcements
        on
            domain.profile_id = enforcements.profile_id
            and domain.purpose = enforcements.purpose
    left join {{ ref('int_consent__own_decisions') }} as own
        on
            domain.profile_id = own.profile_id
            and domain.key_type = own.key_type
            and domain.key_value = own.key_value
            and domain.purpose = own.purpose
    left join ancestors
        on
            domain.profile_id = ancestors.profile_id
            and domain.key_type = ancestors.key_type
            and domain.key_value = ancestors.key_value
            and domain.purpose = ancestors.purpose
    left join {{ ref('int_consent__point_suppressions') }} as suppressions
        on
            domain.profile_id = suppressions.profile_id
            and domain.key_type = suppressions.key_type
            and domain.key_value = suppressions.key_value

),

judged as (

    select
        *,
        coalesce(is_permitted_by_own, enforcement <> 'opt_in') and not is_blocked
            as is_permitted_unless_suppressed,
        coalesce(own_reason, case enforcement
            when 'none' then 'not_required'
            when 'opt_out' then 'not_denied'
            else 'no_record'
        end) as reason_by_own
    from gathered

),

named as (

    select
        *,
        case
            when reason_by_own in ('denied', 'denied_elsewhere') then reason_by_own
            when is_blocked then 'parent_not_permitted'
            else reason_by_own
        end as reason_unless_suppressed
    from judged

),

with_suppression as (

    select
        *,
        case
            when suppression is null then reason_unless_suppressed
            else 'suppressed'
        end as reason
    from named

)

select
    profile_id,
    key_type,
    key_value,
    purpose,
    status,
    is_permitted_unless_suppressed and suppression is null as is_permitted,
    reason,
    case reason
        when 'suppressed' then suppression
        when 'parent_not_permitted' then ancestor
        else own_reason_detail
    end as reason_detail,
    {% for column in ['id', 'source', 'recorded_at'] %}
    case reason
        when 'suppressed' then null
        when 'parent_not_permitted' then ancestor_deciding_{{ column }}
        else own_deciding_{{ column }}
    end as deciding_{{ column }},
    {% endfor %}
    case
        when reason not in ('suppressed', 'parent_not_permitted') then own_expires_at
    end as expires_at,
    granted_at,
    is_permitted_unless_suppressed,
    reason_unless_suppressed,
    -- for purposes that contact nobody: a no that still stands here speaks for the
    -- person
    is_denied_above or (is_itself_denied and enforcement <> 'none') as is_denied_here,
    enforcement = 'opt_in' or is_opt_in_above as needs_permission
from with_suppression
