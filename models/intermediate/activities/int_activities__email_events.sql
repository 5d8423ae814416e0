-- What happened to mails. An address that several people share counts for each of them:
-- nobody can tell who opened it.
select
    contact_points.profile_id,
    email_events.occurred_at,
    email_events.event_id,
    email_events.event,
    email_events.campaign,
    email_events.mail_kind,
    email_events.email
from {{ ref('stg_mailing__email_events') }} as email_events
{{ dbt_consent.join_profiles_by_contact_point('email_events', 'email', 'email') }}
