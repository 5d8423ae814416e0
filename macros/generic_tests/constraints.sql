{#
    What SQL would declare as constraints of a table, for views and engines that have none:
    fails for each key that is missing or stands in more than one row, and for each row where
    a column that is never null is null.

    Arguments
        primary_key  list of columns, never null and unique together; none: no key is checked
        not_null     list of further columns that are never null
#}
{% test constraints(model, primary_key=[], not_null=[]) %}
{% set missing = (primary_key + not_null) | join(' is null or ') ~ ' is null' %}
{% set shown = (primary_key or not_null) | join(', ') %}

select
    {{ shown }},
    count(*) as row_count,
    sum(case when {{ missing }} then 1 else 0 end) as incomplete_count
from {{ model }}
group by {{ shown }}
having
    sum(case when {{ missing }} then 1 else 0 end) > 0
    {%- if primary_key %}
    or count(*) > 1
    {%- endif %}

{% endtest %}
