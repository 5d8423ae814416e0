{# Fails for each label that has two meanings for one source. #}
{% test unique_label(model) %}

select
    coalesce({{ dbt_consent.trim_spaces('source_name') }}, '') as labelled_source,
    {{ dbt_consent.ascii_lower(dbt_consent.clean_text('label')) }} as labelled,
    count(*) as row_count
from {{ model }}
group by
    coalesce({{ dbt_consent.trim_spaces('source_name') }}, ''),
    {{ dbt_consent.ascii_lower(dbt_consent.clean_text('label')) }}
having count(*) > 1

{% endtest %}

{# Fails for each value that is neither a purpose of this project nor `ignored`. #}
{% test purpose_is_known(model, column_name) %}

select {{ column_name }}
from {{ model }}
where {{ dbt_consent.trim_spaces(column_name) }} not in (
    {{ dbt_consent.text_list(dbt_consent.purposes().keys()) }}, 'ignored'
)

{% endtest %}
