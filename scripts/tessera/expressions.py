# SPDX-License-Identifier: Apache-2.0
"""Arithmetic over columns of a table: "macs / cycles", without eval."""
import ast
import functools
import operator

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
             ast.Div: operator.truediv, ast.Pow: operator.pow, ast.USub: operator.neg}


class ExpressionError(Exception):
    """The text is no arithmetic expression."""


@functools.lru_cache(maxsize=1024)
def _parse(text):
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"'{text}' is no expression") from error
    for node in ast.walk(tree):
        is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if not is_number and not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Name, ast.Load,
                                                   *OPERATORS)):
            raise ExpressionError(f"'{text}' is no arithmetic expression")
    return tree


@functools.lru_cache(maxsize=1024)
def names(text):
    """Returns the set of columns in an expression; raises ExpressionError."""
    return frozenset(node.id for node in ast.walk(_parse(text)) if isinstance(node, ast.Name))


def evaluate(text, values):
    """Returns the number of an expression over {column: number}; None where a column is None, or a
    divisor is 0. Raises ExpressionError for columns that are no numbers."""
    try:
        return _value(_parse(text), values)
    except (ZeroDivisionError, OverflowError):
        return None


def _value(node, values):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return _number(node.id, values[node.id])
    sides = ([_value(node.operand, values)] if isinstance(node, ast.UnaryOp)
             else [_value(node.left, values), _value(node.right, values)])
    return None if None in sides else OPERATORS[type(node.op)](*sides)


def _number(name, value):
    if value is None or not isinstance(value, str):
        return value
    try:
        return float(value) if "." in value else int(value, 0)
    except ValueError as error:
        raise ExpressionError(f"'{name}' is '{value}', which is no number") from error
