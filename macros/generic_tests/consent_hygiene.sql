{# Fails for each pending event that carries a confirmation: it stays pending as it stands. #}
{% test is_pending_without_confirmation(model) %}

select * from {{ model }}
where status = 'pending' and confirmed_at is not null

{% endtest %}

{# Fails for each grant that was confirmed before it was asked for: it counts as confirmed. #}
{% test is_confirmed_after_request(model) %}

select * from {{ model }}
where status = 'granted' and confirmed_at < recorded_at

{% endtest %}

{#
    Fails once for each grant on a contact point that is not of the purpose's channel: it
    permits nothing, but lifts the contact point's own denial.
#}
{% test is_grant_on_channel(model) %}

select events.*
from {{ model }} as events
inner join {{ ref('int_consent__purposes') }} as purposes
    on events.purpose = purposes.purpose
where
    events.status = 'granted'
    and purposes.channel <> events.key_type

{% endtest %}

{# Fails when tombstones were made without a key: such hashes can be guessed. #}
{% test has_pepper(model) %}

select contact_point_hash from {{ model }}
where {{ 'true' if env_var('CONSENT_PEPPER', '') == '' else 'false' }}

{% endtest %}
