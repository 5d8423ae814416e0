-- Keys that tie nobody, or not everybody who has them, contradictions within a profile,
-- and countries that are none. Values are masked; the example is a record that carries
-- it, unless its profile is withheld.
{% set text = dbt.type_string() %}

with keys as (

    select
        *,
        -- what nobody can read may hold an address anywhere: it is masked as a whole
        case
            when reason = 'not_valid' then replace(key_value, '@', '')
            else key_value
        end as shown_value,
        replace(other_value, '@', '') as other_shown_value,
        case when reason = 'not_valid' then key_value end as raw_value
    from {{ ref('int_identity__rejected_keys') }}

),

{% if 'country' in dbt_consent.setting('profile_attributes') %}
countries as (

    select
        record_id,
        customer_model,
        source_name,
        source_record_id,
        {{ dbt_consent.clean_text('country') }} as country,
        {{ dbt_consent.country_code('country') }} as country_code,
        {{ dbt_consent.nearest_country_code('country') }} as nearest_code
    from {{ ref('int_identity__records') }}
    where {{ dbt_consent.clean_text('country') }} is not null

),
{% endif %}

rejected as (

    select
        reason,
        key_type,
        {{ dbt_consent.mask('shown_value') }}
        || coalesce(' and ' || {{ dbt_consent.mask('other_shown_value') }}, '')
            as masked_value,
        record_count,
        model_name,
        record_id,
        source_name,
        source_record_id,
        raw_value
    from keys

    union all

    select
        cast('contradiction' as {{ text }}) as reason,
        contradictions.column_name as key_type,
        {{ dbt_consent.mask('contradictions.value') }} || ' and '
        || {{ dbt_consent.mask('contradictions.other_value') }} as masked_value,
        contradictions.record_count,
        records.customer_model as model_name,
        contradictions.record_id,
        records.source_name,
        records.source_record_id,
        cast(null as {{ text }}) as raw_value
    from {{ ref('int_identity__contradictions') }} as contradictions
    inner join {{ ref('int_identity__records') }} as records
        on contradictions.record_id = records.record_id

    {% if 'country' in dbt_consent.setting('profile_attributes') %}
    union all

    -- read as if no country were known: for telephone numbers, and for purposes that
    -- differ by country, where the strictest holds
    select
        cast('country_not_known' as {{ text }}) as reason,
        cast('country' as {{ text }}) as key_type,
        case
            when nearest_code is null
                then {{ dbt_consent.mask("replace(country, '@', '')") }}
            else country || ' (did you mean ' || nearest_code || '?)'
        end as masked_value,
        cast(count(*) as bigint) as record_count,
        customer_model as model_name,
        min(record_id) as record_id,
        source_name,
        min(source_record_id) as source_record_id,
        country as raw_value
    from countries
    where country_code is null
    group by country, nearest_code, customer_model, source_name
    {% endif %}

)

select
    rejected.reason,
    rejected.key_type,
    rejected.masked_value,
    rejected.record_count,
    rejected.model_name,
    case when withheld.profile_id is null then rejected.source_name end as source_name,
    case when withheld.profile_id is null then rejected.source_record_id end
        as source_record_id,
    case when withheld.profile_id is null then rejected.raw_value end as raw_value
from rejected
left join {{ ref('int_identity__record_profiles') }} as records
    on rejected.record_id = records.record_id
left join {{ ref('int_consent__withheld_profiles') }} as withheld
    on records.profile_id = withheld.profile_id
