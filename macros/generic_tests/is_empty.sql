{# Fails for each row: for models that list what is wrong. #}
{% test is_empty(model) %}

select * from {{ model }}

{% endtest %}
