-- Contact point × purpose, where any event for the purpose bears on the profile:
-- status and permission by the purpose's own events, before ancestors and suppressions
-- have their say (steps 2 to 5 of docs/consent.md).

with touched as (

    select * from {{ ref('int_consent__profile_purposes') }}

),

-- the denial that reaches a contact point from another one: the later of the two that
-- may, that of the policy and that of the contact point whose place it took
reached as (

    select
        touched.profile_id,
        touched.purpose,
        points.key_type,
        points.key_value,
        purposes.enforcement,
        purposes.conflict,
        {% for column in [
            'blocking_key_value', 'blocking_denied_at', 'blocking_denied_source',
            'blocking_denied_id', 'blocking_denied_recorded_at',
        ] %}
        denials.{{ column }},
        {% endfor %}
        {% for theirs, mine in [
            ('spreading_key_value', 'former_value'),
            ('spreading_denied_source', 'denied_source'),
            ('spreading_denied_id', 'denied_id'),
            ('spreading_denied_recorded_at', 'denied_recorded_at'),
            ('spreading_denied_at', 'denied_at'),
        ] %}
        case
            when
                inherited.denied_at > denials.spreading_denied_at
                or denials.spreading_denied_at is null
                then inherited.{{ mine }}
            else denials.{{ theirs }}
        end as {{ theirs }},
        {% endfor %}
        purposes.channel
    from touched
    inner join {{ ref('int_consent__purposes') }} as purposes
        on touched.purpose = purposes.purpose
    inner join {{ ref('int_consent__profile_points') }} as points
        on
            touched.profile_id = points.profile_id
            and (purposes.channel is null or purposes.channel = points.key_type)
    left join {{ ref('int_consent__profile_denials') }} as denials
        on
            touched.profile_id = denials.profile_id
            and touched.purpose = denials.purpose
    left join {{ ref('int_consent__inherited_denials') }} as inherited
        on
            points.profile_id = inherited.profile_id
            and points.key_type = inherited.key_type
            and points.key_value = inherited.key_value
            and touched.purpose = inherited.purpose

),

gathered as (

    select
        reached.profile_id,
        reached.key_type,
        reached.key_value,
        reached.purpose,
        coalesce(enforcements.enforcement, reached.enforcement) as enforcement,
        reached.conflict,
        {% for effect in ['granted', 'expired', 'pending', 'elsewhere'] %}
        {% for column in ['at', 'source', 'id', 'recorded_at'] %}
        statuses.{{ effect }}_{{ column }},
        {% endfor %}
        {% endfor %}
        statuses.granted_expires_at,
        statuses.expired_expires_at,
        statuses.given_for,
        statuses.denied_at as own_denied_at,
        statuses.denied_source as own_denied_source,
        statuses.denied_id as own_denied_id,
        statuses.denied_recorded_at as own_denied_recorded_at,
        coalesce(statuses.is_denied, false) as is_itself_denied,
        reached.spreading_key_value,
        reached.spreading_denied_source,
        reached.spreading_denied_id,
        reached.spreading_denied_recorded_at,
        reached.blocking_key_value,
        reached.blocking_denied_at,
        reached.blocking_denied_source,
        reached.blocking_denied_id,
        reached.blocking_denied_recorded_at,
        -- greatest() treats a null differently from engine to engine
        case
            when reached.spreading_denied_at is null then statuses.denied_at
            when statuses.denied_at is null then reached.spreading_denied_at
            else greatest(statuses.denied_at, reached.spreading_denied_at)
        end as denied_at
    from reached
    left join {{ ref('int_consent__point_statuses') }} as statuses
        on
            reached.key_type = statuses.key_type
            and reached.key_value = statuses.key_value
            and reached.purpose = statuses.purpose
    left join {{ ref('int_consent__profile_enforcements') }} as enforcements
        on
            reached.profile_id = enforcements.profile_id
            and reached.purpose = enforcements.purpose

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
        when elsewhere_at is not null then 'granted_elsewhere'
        else 'no_record'
    end as reason,
    case
        when enforcement = 'none' then null
        when
            denied_by = 'spreading'
            then {{ dbt_consent.mask_unless_erased('spreading_key_value') }}
        when
            denied_by = 'blocking'
            then {{ dbt_consent.mask_unless_erased('blocking_key_value') }}
        when status = 'expired' and enforcement = 'opt_in'
            then {{ dbt_consent.timestamp_text('expired_expires_at') }}
        when status = 'no_record' and enforcement = 'opt_in'
            then {{ dbt_consent.mask_unless_erased('given_for') }}
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
        when status = 'no_record' then elsewhere_{{ column }}
    end as deciding_{{ column }},
    {% endfor %}
    case
        when enforcement = 'none' then null
        when status = 'granted' then granted_expires_at
        when status = 'expired' and enforcement = 'opt_in' then expired_expires_at
    end as expires_at
from with_status
