-- A profile whose storage is denied stands in no table that others build on.
{% for model in [
    'profiles', 'profile_contact_points', 'contact_point_permissions', 'profile_consents',
    'profile_matches', 'segment_members',
] %}
select
    '{{ model }}' as model_name,
    found.profile_id
from {{ ref(model) }} as found
inner join {{ ref('int_consent__withheld_profiles') }} as withheld
    on found.profile_id = withheld.profile_id
{% if not loop.last %}union all{% endif %}
{% endfor %}
