-- Records that leave their component because a guard has cut it, with the smallest
-- record of the part that they end in.
-- depends_on: {{ ref('int_identity__linked_records') }}
-- depends_on: {{ ref('int_identity__record_keys') }}
-- depends_on: {{ ref('int_identity__unique_values') }}
-- depends_on: {{ ref('int_identity__match_pairs') }}
{{ dbt_consent.cut_components(ref('int_identity__contested_components')) }}
