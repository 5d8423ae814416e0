-- Contact point × purpose, where the profile has any event for the purpose: status and
-- permission by the purpose's own events, before ancestors and suppressions have their
-- say (steps 2 to 5 of docs/consent.md).

with touched as (

    select * from {{ ref('int_consent__profile_purposes') }}

),

gathered as (

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        touched.purpose,
        coalesce(enforcements.enforcement, purposes.enforcement) as enforcement,
        purposes.conflict,
        statuses.granted_at,
        statuses.granted_source,
        statuses.granted_id,
        statuses.granted_recorded_at,
        statuses.granted_expires_at,
        statuses.expired_at,
        statuses.expired_source,
        statuses.expired_id,
        statuses.expired_recorded_at,
        statuses.expired_expires_at,
        statuses.pending_at,
        statuses.pending_source,
        statuses.pending_id,
        statuses.pending_recorded_at,
        statuses.denied_at as own_denied_at,
        statuses.denied_source as own_denied_source,
        statuses.denied_id as own_denied_id,
        statuses.denied_recorded_at as own_denied_recorded_at,
        coalesce(statuses.is_denied, false) as is_itself_denied,
        denials.spreading_key_type,
        denials.spreading_key_value,
        denials.spreading_denied_at,
        denials.spreading_denied_source,
        denials.spreading_denied_id,
        denials.spreading_denied_recorded_at,
        denials.blocking_key_value,
        denials.blocking_denied_at,
        denials.blocking_denied_source,
        denials.blocking_denied_id,
        denials.blocking_denied_recorded_at,
        -- greatest() treats a null differently from engine to engine
        case
            when denials.spreading_denied_at is null then statuses.denied_at
            when statuses.denied_at is null then denials.spreading_denied_at
            else greatest(statuses.denied_at, denials.spreading_denied_at)
        end as denied_at
    from touched
    inner join {{ ref('int_consent__purposes') }} as purposes
        on touched.purpose = purposes.purpose
    inner join {{ ref('int_consent__profile_points') }} as points
        on
            touched.profile_id = points.profile_id
            and (purposes.channel is null or purposes.channel = points.key_type)
    left join {{ ref('int_consent__point_statuses') }} as statuses
        on
            points.key_type = statuses.key_type
            and points.key_value = statuses.key_value
            and touched.purpose = statuses.purpose
    left join {{ ref('int_consent__profile_denials') }} as denials
        on
            touched.profile_id = denials.profile_id
            and touched.purpose = denials.purpose
    left join {{ ref('int_consent__profile_enforcements') }} as enforcements
        on
            touched.profile_id = enforcements.profile_id
            and touched.purpose = enforcements.purpose

),

judged as (

    select
        *,
        denied_at is not null
        and (granted_at is null or granted_at <= denied_at)
            as is_denied_by_date,
        blocking_denied_at is not null as is_blocked
    from gathered

),

with_status as (

    select
        *,
        case
            when is_denied_by_date or is_blocked then 'denied'
            when granted_at is not null then 'granted'
            when expired_at is not null then 'expired'
            when pending_at is not null then 'pending'
            else 'no_record'
        end as status,
        -- where the denial came from: the contact point itself, another one by its
        -- date, or another one that blocks whatever the dates
        case
            when is_itself_denied then 'own'
            when is_denied_by_date then 'spreading'
            when is_blocked then 'blocking'
        end as denied_by
    from judged

)

select
    profile_id,
    key_type,
    key_value,
    purpose,
    enforcement,
    conflict,
    status,
    is_itself_denied,
    granted_at,
    denied_at,
    case enforcement
        when 'none' then true
        when 'opt_out' then status <> 'denied'
        else status = 'granted'
    end as is_permitted,
    -- judged anew without its denials
    enforcement <> 'opt_in' or granted_at is not null as is_permitted_if_lifted,
    case
        when enforcement = 'none' then 'not_required'
        when status = 'denied' and denied_by = 'own' then 'denied'
        when status = 'denied' then 'denied_elsewhere'
        when status = 'granted' then 'granted'
        when enforcement = 'opt_out' then 'not_denied'
        when status = 'expired' then 'expired'
        when status = 'pending' then 'unconfirmed'
        else 'no_record'
    end as reason,
    case
        when enforcement = 'none' then null
        when denied_by = 'spreading' then {{ dbt_consent.mask('spreading_key_value') }}
        when denied_by = 'blocking' then {{ dbt_consent.mask('blocking_key_value') }}
        when status = 'expired' and enforcement = 'opt_in'
            then {{ dbt_consent.timestamp_text('expired_expires_at') }}
    end as reason_detail,
    {% for column in ['id', 'source', 'recorded_at'] %}
    case
        when enforcement = 'none' then null
        when denied_by = 'own' then own_denied_{{ column }}
        when denied_by = 'spreading' then spreading_denied_{{ column }}
        when denied_by = 'blocking' then blocking_denied_{{ column }}
        when status = 'granted' then granted_{{ column }}
        when enforcement = 'opt_out' then null
        when status = 'expired' then expired_{{ column }}
        when status = 'pending' then pending_{{ column }}
    end as deciding_{{ column }},
    {% endfor %}
    case
        when enforcement = 'none' then null
        when status = 'granted' then granted_expires_at
        when status = 'expired' and enforcement = 'opt_in' then expired_expires_at
    end as expires_at
from with_status
