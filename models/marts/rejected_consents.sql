-- What came in and could not be taken as it stood: where it came from, what was wrong,
-- and the raw value. An answer that nobody mapped counts as denied until it is mapped;
-- a time that cannot be read is left out, and an end that cannot be read has passed; a
-- contact point that is none counts for nobody.
{% set text = dbt.type_string() %}
{% set key_types = dbt_consent.text_list(dbt_consent.alternate_keys()) %}

with observed as (

    select * from {{ ref('int_consent__observed') }}
    where
        copy_number = 1
        and coalesce(purpose, '') <> 'ignored'

),

found as (

    select
        observed.*,
        'purpose' as column_name,
        'purpose_missing' as rejection,
        cast(null as {{ text }}) as raw_value
    from observed
    where
        observed.raw_purpose is null
        and observed.raw_status <> 'nothing'

    union all

    select
        observed.*,
        'key_value' as column_name,
        case
            when key_type is null or key_type not in ({{ key_types }})
                then 'key_type_unknown'
            when key_value is null then 'contact_point_not_valid'
            else 'contact_point_is_junk'
        end as rejection,
        raw_key_value as raw_value
    from observed
    where
        coalesce(status, '') <> 'nothing'
        and (
            key_type is null
            or key_type not in ({{ key_types }})
            or key_value is null
            or {{ dbt_consent.is_junk_key('key_type', 'key_value', 'raw_key_value') }}
        )

    union all

    select
        observed.*,
        'status' as column_name,
        'status_not_mapped' as rejection,
        raw_status as raw_value
    from observed
    where
        coalesce(status, '') not in ('granted', 'denied', 'pending', 'nothing')
        and version_id not in (
            select interpreted.version_id
            from {{ ref('int_consent__interpreted') }} as interpreted
            where interpreted.is_mapped
        )

    {% for time in dbt_consent.consent_times() %}
    union all

    select
        observed.*,
        '{{ time }}' as column_name,
        'time_not_readable' as rejection,
        raw_{{ time }} as raw_value
    from observed
    where raw_{{ time }} is not null
    {% endfor %}

)

select
    consent_model as model_name,
    source_name,
    consent_id,
    purpose,
    raw_purpose as purpose_label,
    status,
    key_type,
    key_value,
    column_name,
    rejection as reason,
    raw_value
from found

union all

-- what is gone at its source and still counts, since nobody mapped it
select
    events.consent_model as model_name,
    events.source_name,
    events.consent_id,
    events.purpose,
    cast(null as {{ text }}) as purpose_label,
    cast(null as {{ text }}) as status,
    events.key_type,
    events.key_value,
    'status' as column_name,
    'status_not_mapped' as reason,
    events.raw_status as raw_value
from {{ ref('int_consent__timed_events') }} as events
left join observed
    on
        events.event_id = observed.event_id
        and events.raw_status = observed.raw_status
where
    not events.is_mapped
    and observed.event_id is null

union all

select
    suppression_model as model_name,
    cast(null as {{ text }}) as source_name,
    cast(null as {{ text }}) as consent_id,
    cast(null as {{ text }}) as purpose,
    cast(null as {{ text }}) as purpose_label,
    reason as status,
    key_type,
    key_value,
    case
        when key_value is null or key_type is null then 'key_value'
        else 'reason'
    end as column_name,
    case
        when key_type is null or key_type not in ({{ key_types }})
            then 'key_type_unknown'
        when key_value is null then 'contact_point_not_valid'
        else 'reason_unknown'
    end as reason,
    case
        when key_value is null or key_type is null then raw_key_value
        else reason
    end as raw_value
from {{ ref('int_consent__suppression_rows') }}
where
    copy_number = 1
    and (
        key_value is null
        or key_type is null
        or key_type not in ({{ key_types }})
        or reason is null
        or reason not in ('bounced', 'manual', 'complained', 'erased', 'lifted')
    )
