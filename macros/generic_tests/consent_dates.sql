{#
    Dates and ids of consent that a source does not keep as it should: what says when a
    record was changed, or which row it is today, is no evidence of when somebody said what.
    Each fails once per consent model, from twenty rows on.
#}

{#
    Fails for each model of kind `state` that has the record's time of change as the time
    of nearly all its answers: every edit of the record would make an old yes a new one.
    For int_consent__observed.
#}
{% test has_dates_of_its_own(model) %}

with dated as (

    select
        observed.consent_model,
        observed.version_id,
        max(
            case when observed.recorded_at = records.updated_at then 1 else 0 end
        ) as is_time_of_change
    from {{ model }} as observed
    inner join {{ ref('int_identity__record_keys') }} as record_keys
        on
            observed.key_type = record_keys.key_type
            and observed.key_value = record_keys.key_value
    inner join {{ ref('int_identity__records') }} as records
        on
            record_keys.record_id = records.record_id
            and observed.source_name = records.source_name
    where
        observed.source_kind = 'state'
        and observed.status <> 'nothing'
        and observed.recorded_at is not null
        and records.updated_at is not null
    group by observed.consent_model, observed.version_id

)

select
    consent_model,
    count(*) as answers,
    sum(is_time_of_change) as dated_like_their_record
from dated
group by consent_model
having count(*) >= 20 and sum(is_time_of_change) * 20 > count(*) * 19

{% endtest %}

{#
    Fails for each model of which nearly all grants came with a later time in its last
    load: a source that writes its time of export there, or was migrated. For
    consent_events.
#}
{% test has_grants_that_stay(model) %}

with grants as (

    select
        events.*,
        max(events.first_seen_at) over (partition by events.consent_model) as last_news_at
    from {{ model }} as events
    where
        events.status = 'granted'
        and events.recorded_at is not null

),

present as (

    select
        grants.version_id,
        grants.consent_model,
        max(case when earlier.version_id is null then 0 else 1 end) as has_moved
    from grants
    left join {{ model }} as earlier
        on
            grants.event_id = earlier.event_id
            and grants.key_type = earlier.key_type
            and grants.key_value = earlier.key_value
            and grants.recorded_at > earlier.recorded_at
            and grants.first_seen_at > earlier.first_seen_at
            and grants.first_seen_at = grants.last_news_at
            and earlier.status = 'granted'
    where grants.last_seen_at is null
    group by grants.version_id, grants.consent_model

)

select
    consent_model,
    count(*) as grants,
    sum(has_moved) as grants_that_moved_on
from present
group by consent_model
having count(*) >= 20 and sum(has_moved) * 10 > count(*) * 9

{% endtest %}

{#
    Fails for each model of which more than a tenth of the events came, in its last load,
    under ids that it had never had but with dates from before the load before it, or on
    other contact points than they had. For consent_events.
#}
{% test has_ids_that_stay(model) %}

with events as (

    select
        consent_model,
        event_id,
        key_type,
        min(key_value) as first_value,
        max(key_value) as last_value,
        min(first_seen_at) as first_seen_at,
        max(first_seen_at) as last_news_at,
        min(coalesce(recorded_at, confirmed_at)) as stated_at,
        max(case when last_seen_at is null then 1 else 0 end) as is_there
    from {{ model }}
    group by consent_model, event_id, key_type

),

loads as (

    select
        consent_model,
        first_seen_at as loaded_at,
        row_number() over (partition by consent_model order by first_seen_at desc)
            as loads_ago
    from {{ model }}
    group by consent_model, first_seen_at

)

select
    events.consent_model,
    sum(events.is_there) as events,
    sum(
        case
            when
                events.first_seen_at = last_load.loaded_at
                and events.stated_at < load_before.loaded_at
                then 1
            else 0
        end
    ) as new_ids_with_old_dates,
    sum(
        case
            when
                events.first_seen_at < last_load.loaded_at
                and events.last_news_at = last_load.loaded_at
                and events.first_value <> events.last_value
                then 1
            else 0
        end
    ) as events_on_other_contact_points
from events
inner join loads as last_load
    on events.consent_model = last_load.consent_model and last_load.loads_ago = 1
inner join loads as load_before
    on events.consent_model = load_before.consent_model and load_before.loads_ago = 2
group by events.consent_model
having
    sum(events.is_there) >= 20
    and sum(
        case
            when
                (
                    events.first_seen_at = last_load.loaded_at
                    and events.stated_at < load_before.loaded_at
                )
                or (
                    events.first_seen_at < last_load.loaded_at
                    and events.last_news_at = last_load.loaded_at
                    and events.first_value <> events.last_value
                )
                then 1
            else 0
        end
    ) * 10 > sum(events.is_there)

{% endtest %}
