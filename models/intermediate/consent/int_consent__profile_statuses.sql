-- Profile × purpose: the status of the profile's best contact point of the purpose's
-- channel, of any kind for a purpose without one. No row: no record.
{% set best_first = ['granted', 'pending', 'expired', 'denied'] %}

with ranked as (

    select
        own.profile_id,
        own.purpose,
        min(
            case own.status
                {% for status in best_first %}
                when '{{ status }}' then {{ loop.index }}
                {% endfor %}
            end
        ) as best
    from {{ ref('int_consent__own_decisions') }} as own
    where own.status <> 'no_record'
    group by own.profile_id, own.purpose

)

select
    profile_id,
    purpose,
    case best
        {% for status in best_first %}
        when {{ loop.index }} then '{{ status }}'
        {% endfor %}
    end as status
from ranked
