-- Profile × purpose, for the purposes whose enforcement differs between countries: the
-- strictest that applies, by the countries of all the profile's records, those that are
-- gone included. Where no country is known, or one is no ISO code, the strictest of all
-- that are listed and the purpose's own.
{% set knows_country = 'country' in dbt_consent.setting('profile_attributes') %}

with purposes as (

    select
        purpose,
        enforcement
    from {{ ref('int_consent__purposes') }}
    where purpose in (
        select country_enforcements.purpose
        from {{ ref('int_consent__country_enforcements') }} as country_enforcements
    )

),

profiles as (

    select profile_id
    from {{ ref('int_identity__attributes') }}
    {% if not dbt_consent.is_by_country() %}where false{% endif %}

),

record_countries as (

    select
        record_profiles.profile_id,
        records.country
    from {{ ref('int_identity__record_profiles') }} as record_profiles
    inner join (
        select
            record_id,
            {{ 'country' if knows_country else dbt_consent.optional_text(none) }}
                as country
        from {{ ref('int_identity__records') }}
    ) as records
        on record_profiles.record_id = records.record_id

    union all

    select
        profile_id,
        country
    from {{ ref('int_identity__point_stretches') }}
    where not is_record_present

),

profile_countries as (

    select
        profile_id,
        {{ dbt_consent.country_code('country') }} as country
    from record_countries
    where {{ dbt_consent.clean_text('country') }} is not null
    group by
        profile_id,
        {{ dbt_consent.country_code('country') }}

),

-- the enforcement of each known country, and null, for all that are possible, where
-- none is known or one cannot be read
applying as (

    select
        profiles.profile_id,
        purposes.purpose,
        case
            when profile_countries.country is not null
                then coalesce(country_enforcements.enforcement, purposes.enforcement)
        end as enforcement
    from profiles
    cross join purposes
    left join profile_countries on profiles.profile_id = profile_countries.profile_id
    left join {{ ref('int_consent__country_enforcements') }} as country_enforcements
        on
            purposes.purpose = country_enforcements.purpose
            and profile_countries.country = country_enforcements.country

),

strictest_of_all as (

    select
        purposes.purpose,
        case
            when
                purposes.enforcement = 'opt_in'
                or max(case when countries.enforcement = 'opt_in' then 1 else 0 end) = 1
                then 'opt_in'
            else 'opt_out'
        end as enforcement
    from purposes
    inner join {{ ref('int_consent__country_enforcements') }} as countries
        on purposes.purpose = countries.purpose
    group by purposes.purpose, purposes.enforcement

)

select
    applying.profile_id,
    applying.purpose,
    case max(
        case coalesce(applying.enforcement, strictest_of_all.enforcement)
            when 'opt_in' then 1
            else 0
        end
    )
        when 1 then 'opt_in'
        else 'opt_out'
    end as enforcement
from applying
inner join strictest_of_all on applying.purpose = strictest_of_all.purpose
group by applying.profile_id, applying.purpose
