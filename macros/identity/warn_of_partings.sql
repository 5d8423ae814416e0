{#
    Warns of the profiles that fell apart because a key ties them no more: which, and by
    what. For the post-hook of int_identity__parted.

    Arguments
        parted  the relation
#}
{% macro warn_of_partings(parted) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set shown = 5 -%}
        {%- set rows = run_query(
            'select old_profile_id, key_type, ' ~ dbt_consent.mask('key_value') ~ ', min(reason),'
            ~ ' max(record_count), count(*) from ' ~ parted
            ~ ' group by old_profile_id, key_type, key_value order by old_profile_id, key_type, key_value'
        ).rows -%}
        {%- set told = [] -%}
        {%- for row in rows[:shown] -%}
            {%- do told.append(
                row[0] ~ ' into ' ~ row[5] ~ ': ' ~ row[1] ~ ' ' ~ row[2] ~ ' ' ~ {
                    'shared_by_too_many': 'is shared by ' ~ row[4] ~ ' records, more than max_records_per_key',
                    'shared': 'is on the list shared_keys',
                }.get(row[3], 'ties only records that agree on more (only_with)')
            ) -%}
        {%- endfor -%}
        {%- if told -%}
            {%- do exceptions.warn(
                'Profiles fell apart, because a key ties them no more: ' ~ told | join('; ')
                ~ ('; and ' ~ (rows | length - shown) ~ ' more' if rows | length > shown else '')
                ~ '. int_identity__parted lists them; what their parts may be used for now and not '
                ~ 'before, partings.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
